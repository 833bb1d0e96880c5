/* test_engine: transfers from C, against a server thread in this process; an
 * engine in an event loop is test_engine_events. */
#define _POSIX_C_SOURCE 200809L

#include "core/engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "core/engine_impl.h"

enum { STEP_MS = 1000, STEPS_MAX = 30 };

static const char REPLY[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/* Answers every request head with REPLY, but leaves /hang without an answer. */
static void serve_connection(int fd) {
  char head[4096];
  size_t len = 0;
  for (;;) {
    ssize_t got = read(fd, head + len, sizeof head - 1 - len);
    if (got <= 0)
      break;
    len += (size_t)got;
    head[len] = '\0';
    if (strstr(head, "\r\n\r\n") == NULL)
      continue;
    len = 0;
    if (strstr(head, " /hang ") != NULL)
      continue;
    if (write(fd, REPLY, sizeof REPLY - 1) < 0)
      break;
  }
  close(fd);
}

static void *serve_one(void *fd) {
  serve_connection(*(int *)fd);
  return NULL;
}

enum { CONNECTIONS_MAX = 64 };

static int listener;
static int connections[CONNECTIONS_MAX];
static pthread_t connection_threads[CONNECTIONS_MAX];
static int connection_count;

static void *serve(void *unused) {
  (void)unused;
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || connection_count == CONNECTIONS_MAX)
      return NULL;
    connections[connection_count] = fd;
    pthread_create(&connection_threads[connection_count], NULL, serve_one,
                   &connections[connection_count]);
    connection_count++;
  }
}

static unsigned listen_on_loopback(void) {
  struct sockaddr_in address;
  socklen_t len = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(listener, 16) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
  return ntohs(address.sin_port);
}

static struct zd_account *account;

static void make_account(unsigned port) {
  char url[64];
  struct zd_account_options options;
  struct zd_refusal refusal;
  memset(&options, 0, sizeof options);
  int len = snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
  options.base_url.data = url;
  options.base_url.len = (size_t)len;
  options.access_token.data = "test-token";
  options.access_token.len = 10;
  CHECK(zd_account_new(&options, &account, &refusal) == ZD_OK);
}

static struct zd_engine *new_engine(void) {
  struct zd_engine_options options = {false, 0};
  struct zd_engine *engine = NULL;
  CHECK(zd_engine_new(&options, &engine) == ZD_OK);
  return engine;
}

static struct zd_transfer *submit(struct zd_engine *engine, const char *path) {
  struct zd_transfer *transfer = NULL;
  struct zd_request request;
  struct zd_refusal refusal;
  memset(&request, 0, sizeof request);
  request.method = "GET";
  request.path.data = path;
  request.path.len = strlen(path);
  request.timeout_ms = 20000;
  request.connect_timeout_ms = 20000;
  request.max_body = 1000;
  CHECK(zd_engine_transfer(engine, &transfer) == ZD_OK);
  CHECK(zd_engine_submit(transfer, account, &request, &refusal) == ZD_OK);
  return transfer;
}

static void finish(struct zd_engine *engine, struct zd_transfer *transfer) {
  for (int i = 0; i < STEPS_MAX && !zd_transfer_done(transfer); i++)
    zd_engine_step(engine, STEP_MS);
  CHECK(zd_transfer_done(transfer));
}

static enum zd_status status_of(const struct zd_transfer *transfer) {
  struct zd_outcome outcome;
  zd_transfer_outcome(transfer, &outcome);
  return outcome.status;
}

static void a_transfer_brings_its_reply(void) {
  struct zd_engine *engine = new_engine();
  struct zd_transfer *transfer = submit(engine, "/");
  CHECK(zd_engine_running(engine) == 1);
  CHECK(zd_engine_next(engine) == NULL);
  finish(engine, transfer);
  CHECK(status_of(transfer) == ZD_OK);
  struct zd_slice body = zd_transfer_body(transfer);
  CHECK(body.len == 2 && memcmp(body.data, "{}", 2) == 0);
  CHECK(zd_engine_next(engine) == transfer);
  CHECK(zd_engine_next(engine) == NULL);
  zd_engine_close_transfer(transfer);
  zd_engine_free(engine);
}

static void a_closed_transfer_serves_the_next_request(void) {
  struct zd_engine *engine = new_engine();
  struct zd_transfer *first = submit(engine, "/");
  finish(engine, first);
  zd_engine_close_transfer(first);
  CHECK(zd_engine_next(engine) == NULL);
  struct zd_transfer *second = submit(engine, "/");
  CHECK(second == first);
  CHECK(!zd_transfer_done(second));
  CHECK(zd_transfer_body(second).len == 0);
  finish(engine, second);
  struct zd_timings timings;
  zd_transfer_timings(second, &timings);
  CHECK(timings.new_connections == 0);
  zd_engine_close_transfer(second);
  zd_engine_free(engine);
}

static void engine_and_transfers_go_in_any_order(void) {
  struct zd_engine *engine = new_engine();
  struct zd_transfer *done = submit(engine, "/");
  finish(engine, done);
  struct zd_transfer *running = submit(engine, "/hang");
  struct zd_transfer *idle = NULL;
  CHECK(zd_engine_transfer(engine, &idle) == ZD_OK);
  zd_engine_step(engine, 0);
  zd_engine_free(engine);
  CHECK(status_of(done) == ZD_OK);
  CHECK(zd_transfer_body(done).len == 2);
  CHECK(status_of(running) == ZD_CLOSED);
  struct zd_request request;
  struct zd_refusal refusal;
  memset(&request, 0, sizeof request);
  CHECK(zd_engine_submit(idle, account, &request, &refusal) == ZD_CLOSED);
  zd_engine_cancel(running);
  zd_engine_close_transfer(running);
  zd_engine_close_transfer(done);
  zd_engine_close_transfer(idle);
  zd_engine_close_transfer(NULL);
  zd_engine_free(NULL);
}

static void a_cancelled_transfer_is_done_and_handed_out(void) {
  struct zd_engine *engine = new_engine();
  struct zd_transfer *transfer = submit(engine, "/hang");
  zd_engine_step(engine, 0);
  zd_engine_cancel(transfer);
  zd_engine_cancel(transfer);
  CHECK(status_of(transfer) == ZD_CANCELLED);
  CHECK(zd_engine_running(engine) == 0);
  CHECK(zd_engine_next(engine) == transfer);
  zd_engine_close_transfer(transfer);
  zd_engine_free(engine);
}

static void those_of_a_crowd_are_kept_for_the_next_one(void) {
  struct zd_engine *engine = new_engine();
  struct zd_transfer *transfers[40];
  for (int i = 0; i < 40; i++)
    transfers[i] = submit(engine, "/");
  for (int i = 0; i < 40; i++)
    finish(engine, transfers[i]);
  for (int i = 39; i >= 0; i--)
    zd_engine_close_transfer(transfers[i]);
  CHECK(zd_engine_next(engine) == NULL);
  CHECK(engine->idle_count == 40);
  for (unsigned kept = 39; kept >= 16; kept--) {
    struct zd_transfer *alone = submit(engine, "/");
    finish(engine, alone);
    zd_engine_close_transfer(alone);
    CHECK(engine->idle_count == kept);
  }
  struct zd_transfer *alone = submit(engine, "/");
  CHECK(engine->idle_count == 15);
  finish(engine, alone);
  zd_engine_close_transfer(alone);
  CHECK(engine->idle_count == 16);
  zd_engine_free(engine);
}

int main(void) {
  pthread_t server;
  make_account(listen_on_loopback());
  CHECK(pthread_create(&server, NULL, serve, NULL) == 0);
  a_transfer_brings_its_reply();
  a_closed_transfer_serves_the_next_request();
  engine_and_transfers_go_in_any_order();
  a_cancelled_transfer_is_done_and_handed_out();
  those_of_a_crowd_are_kept_for_the_next_one();
  shutdown(listener, SHUT_RDWR);
  pthread_join(server, NULL);
  close(listener);
  for (int i = 0; i < connection_count; i++)
    pthread_join(connection_threads[i], NULL);
  zd_account_free(account);
  return check_result();
}
