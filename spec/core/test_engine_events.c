/* test_engine_events: an engine in the event loop of a host, against a server
 * thread in this process. */
#define _POSIX_C_SOURCE 200809L

#include "core/engine.h"

#include <poll.h>
#include <string.h>

#include "caller.h"
#include "check.h"
#include "loopback.h"

enum { LONG_MS = 1000 };

static struct zd_account *account;

static struct zd_engine *new_engine(void) {
  struct zd_engine_options options = {true, 0};
  struct zd_engine *engine = NULL;
  CHECK(zd_engine_new(&options, &engine) == ZD_OK);
  return engine;
}

static enum zd_status status_of(const struct zd_transfer *transfer) {
  struct zd_outcome outcome;
  zd_transfer_outcome(transfer, &outcome);
  return outcome.status;
}

/* A host's event loop: what the engine asked to watch, and poll(). What can be
 * read from `deaf`, or from all with ALL_DEAF, it never tells. */
enum { NONE_DEAF = -1, ALL_DEAF = -2 };

static int deaf = NONE_DEAF;

static void take_watches(struct zd_engine *engine, struct pollfd *watched,
                         nfds_t *count) {
  struct zd_watch watch;
  while (zd_engine_watch(engine, &watch)) {
    nfds_t i = 0;
    while (i < *count && watched[i].fd != watch.fd)
      i++;
    if (watch.what == ZD_WATCH_NONE) {
      CHECK(i < *count);
      watched[i] = watched[--*count];
      continue;
    }
    if (i == *count)
      (*count)++;
    watched[i].fd = watch.fd;
    watched[i].events = 0;
    bool heard = deaf != ALL_DEAF && deaf != watch.fd;
    if ((watch.what & ZD_WATCH_READ) != 0 && heard)
      watched[i].events |= POLLIN;
    if ((watch.what & ZD_WATCH_WRITE) != 0)
      watched[i].events |= POLLOUT;
  }
}

static void drive(struct zd_engine *engine, struct pollfd *watched,
                  nfds_t *count) {
  take_watches(engine, watched, count);
  long timeout = zd_engine_timeout(engine);
  int ready = poll(watched, *count, timeout < 0 ? LONG_MS : (int)timeout);
  CHECK(ready >= 0);
  if (ready == 0)
    zd_engine_ready_timer(engine);
  for (nfds_t i = 0; ready > 0 && i < *count; i++) {
    if (watched[i].revents == 0)
      continue;
    int what = (watched[i].revents & ~POLLOUT) != 0 ? ZD_WATCH_READ : 0;
    if ((watched[i].revents & POLLOUT) != 0)
      what |= ZD_WATCH_WRITE;
    zd_engine_ready(engine, watched[i].fd, (enum zd_watch_event)what);
  }
}

static void an_event_loop_drives_the_engine(void) {
  struct zd_engine *engine = new_engine();
  struct pollfd watched[64];
  nfds_t count = 0;
  struct zd_transfer *transfers[10];
  for (int i = 0; i < 10; i++)
    transfers[i] = caller_send(engine, account, "/");
  struct zd_transfer *hanging = caller_send(engine, account, "/hang");
  for (int i = 0; i < 1000 && zd_engine_running(engine) > 1; i++)
    drive(engine, watched, &count);
  for (int i = 0; i < 10; i++) {
    CHECK(status_of(transfers[i]) == ZD_OK);
    zd_engine_close_transfer(transfers[i]);
  }
  zd_engine_cancel(hanging);
  take_watches(engine, watched, &count);
  zd_engine_free(engine);
  CHECK(status_of(hanging) == ZD_CANCELLED);
  zd_engine_close_transfer(hanging);
}

/* A host with an engine that it drives. */
struct host {
  struct zd_engine *engine;
  struct pollfd watched[64];
  nfds_t count;
};

static void drive_to_the_end(struct host *host) {
  for (int i = 0; i < 300 && zd_engine_running(host->engine) > 0; i++)
    drive(host->engine, host->watched, &host->count);
  CHECK(zd_engine_running(host->engine) == 0);
}

static void check_reply(struct zd_transfer *transfer) {
  CHECK(status_of(transfer) == ZD_OK);
  CHECK(zd_transfer_body(transfer).len == 2);
  zd_engine_close_transfer(transfer);
}

/* With two connections, which need none of libcurl's timers for connecting. */
static struct host new_host(void) {
  struct host host = {new_engine(), {{0, 0, 0}}, 0};
  struct zd_transfer *one = caller_send(host.engine, account, "/");
  struct zd_transfer *other = caller_send(host.engine, account, "/");
  drive_to_the_end(&host);
  check_reply(one);
  check_reply(other);
  take_watches(host.engine, host.watched, &host.count);
  return host;
}

/* libcurl may have a reply without a word of the socket's. */
static void replies_that_no_socket_tells_of_are_found(void) {
  struct host host = new_host();
  struct zd_transfer *one = caller_send(host.engine, account, "/late");
  struct zd_transfer *other = caller_send(host.engine, account, "/late");
  deaf = ALL_DEAF;
  drive_to_the_end(&host);
  deaf = NONE_DEAF;
  check_reply(one);
  check_reply(other);
  zd_engine_free(host.engine);
}

static void the_last_of_many_is_found_too(void) {
  struct host host = new_host();
  struct zd_transfer *one = caller_send(host.engine, account, "/late");
  deaf = ALL_DEAF;
  drive(host.engine, host.watched, &host.count);
  take_watches(host.engine, host.watched, &host.count);
  CHECK(host.count == 1);
  deaf = host.watched[0].fd;
  struct zd_transfer *other = caller_send(host.engine, account, "/");
  while (!zd_transfer_done(other))
    drive(host.engine, host.watched, &host.count);
  CHECK(zd_engine_running(host.engine) == 1);
  drive_to_the_end(&host);
  deaf = NONE_DEAF;
  check_reply(one);
  check_reply(other);
  zd_engine_free(host.engine);
}

static void only_transfers_side_by_side_are_looked_at(void) {
  struct host host = new_host();
  struct zd_engine *engine = host.engine;
  CHECK(zd_engine_timeout(engine) == -1);
  struct zd_transfer *alone = caller_send(engine, account, "/hang");
  drive(engine, host.watched, &host.count);
  CHECK(zd_engine_timeout(engine) > LONG_MS);
  struct zd_transfer *other = caller_send(engine, account, "/hang");
  for (int i = 0; i < 5; i++) {
    CHECK(zd_engine_timeout(engine) <= 200);
    drive(engine, host.watched, &host.count);
  }
  zd_engine_cancel(other);
  zd_engine_cancel(alone);
  CHECK(zd_engine_timeout(engine) == -1);
  zd_engine_close_transfer(other);
  zd_engine_close_transfer(alone);
  zd_engine_free(engine);
}

int main(void) {
  static struct loopback server;
  struct caller caller;
  CHECK(loopback_start(&server));
  CHECK(caller_open(&caller, server.port));
  account = caller.account;
  an_event_loop_drives_the_engine();
  replies_that_no_socket_tells_of_are_found();
  the_last_of_many_is_found_too();
  only_transfers_side_by_side_are_looked_at();
  caller_close(&caller);
  loopback_stop(&server);
  return check_result();
}
