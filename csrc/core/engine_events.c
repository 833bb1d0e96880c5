/* engine_events: an engine driven from a host's event loop.
 *
 * libcurl tells by callback which descriptors and what timer it wants; both are
 * kept until the host asks. Each is a one-shot fact.
 *
 * While transfers run side by side, sockets that tell nothing are looked at all
 * the same; see ZD_LONGEST_WAIT_MS. One on which something was seen since the
 * last look is not, so a busy engine does nothing for it. */
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "engine_impl.h"
#include "quiet.h"

/* A socket found quiet by one look is acted on by the next. */
enum { LOOK_MS = ZD_LONGEST_WAIT_MS / 2, FIRST_SOCKETS = 8 };

void zd_engine_set_look(struct zd_engine *engine) {
  engine->together = true;
  engine->look = zd_clock_monotonic() + (double)LOOK_MS / 1000;
}

static struct zd_socket *find_socket(const struct zd_engine *engine, int fd) {
  for (size_t i = 0; i < engine->socket_count; i++)
    if (engine->sockets[i].fd == fd)
      return &engine->sockets[i];
  return NULL;
}

static enum zd_status add_socket(struct zd_engine *engine, int fd) {
  if (engine->socket_count == engine->socket_cap) {
    size_t cap =
        engine->socket_cap == 0 ? FIRST_SOCKETS : engine->socket_cap * 2;
    void *grown = realloc(engine->sockets, cap * sizeof(*engine->sockets));
    if (grown == NULL)
      return ZD_NOMEM;
    engine->sockets = grown;
    engine->socket_cap = cap;
  }
  struct zd_socket socket = {fd, false};
  engine->sockets[engine->socket_count] = socket;
  engine->socket_count++;
  return ZD_OK;
}

static enum zd_status note_socket(struct zd_engine *engine, int fd,
                                  bool wanted) {
  struct zd_socket *known = find_socket(engine, fd);
  if (wanted)
    return known != NULL ? ZD_OK : add_socket(engine, fd);
  if (known != NULL) {
    engine->socket_count--;
    *known = engine->sockets[engine->socket_count];
  }
  return ZD_OK;
}

static int socket_changed(CURL *easy, curl_socket_t fd, int what, void *user,
                          void *socket_user) {
  struct zd_engine *engine = user;
  enum zd_watch_event event = ZD_WATCH_NONE;
  (void)easy;
  (void)socket_user;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    event |= ZD_WATCH_READ;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    event |= ZD_WATCH_WRITE;
  if (zd_watch_put(&engine->watches, (int)fd, event) != ZD_OK ||
      note_socket(engine, (int)fd, event != ZD_WATCH_NONE) != ZD_OK)
    engine->lost_watch = true;
  return 0;
}

static int timer_changed(CURLM *multi, long timeout_ms, void *user) {
  struct zd_engine *engine = user;
  (void)multi;
  engine->due_ms = timeout_ms;
  if (timeout_ms >= 0)
    engine->due = zd_clock_monotonic() + (double)timeout_ms / 1000;
  return 0;
}

/* libcurl is done with a descriptor; the host may still have to be told. */
static int close_socket(void *user, curl_socket_t fd) {
  struct zd_engine *engine = user;
  if (engine->events)
    zd_watch_put_close(&engine->watches, (int)fd);
  else
    close((int)fd);
  return 0;
}

void zd_engine_set_up_events(struct zd_engine *engine) {
  curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
  curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
  curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
  curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
  engine->setup.close_socket = close_socket;
  engine->setup.close_socket_data = engine;
}

void zd_engine_shut_events(struct zd_engine *engine) {
  engine->events = false;
  if (engine->multi == NULL)
    return;
  curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, NULL);
  curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, NULL);
}

bool zd_engine_watch(struct zd_engine *engine, struct zd_watch *watch) {
  return zd_watch_take(&engine->watches, watch);
}

long zd_engine_timeout(const struct zd_engine *engine) {
  if (engine->due_ms < 0 && !engine->together)
    return -1;
  double due = engine->due;
  if (engine->together && (engine->due_ms < 0 || engine->look < due))
    due = engine->look;
  double left = (due - zd_clock_monotonic()) * 1000;
  return left > 0 ? (long)left + 1 : 0; /* rounded up: not before its time */
}

static void act(struct zd_engine *engine, curl_socket_t fd, int mask) {
  int running;
  engine->fresh = false;
  struct zd_quiet quiet;
  zd_quiet_begin(&quiet, engine->noisy);
  CURLMcode result =
      curl_multi_socket_action(engine->multi, fd, mask, &running);
  zd_quiet_end(&quiet);
  /* A descriptor that libcurl has just given up is nothing to it. */
  if (result == CURLM_BAD_SOCKET)
    result = CURLM_OK;
  zd_engine_collect(engine, result);
}

void zd_engine_ready(struct zd_engine *engine, int fd,
                     enum zd_watch_event what) {
  int mask = 0;
  if ((what & ZD_WATCH_READ) != 0)
    mask |= CURL_CSELECT_IN;
  if ((what & ZD_WATCH_WRITE) != 0)
    mask |= CURL_CSELECT_OUT;
  struct zd_socket *socket = find_socket(engine, fd);
  if (socket != NULL)
    socket->quiet = false;
  act(engine, (curl_socket_t)fd, mask);
}

/* Sockets may go and come meanwhile: each index is tried once, and one that is
 * looked at twice does no harm. */
static void look_around(struct zd_engine *engine) {
  for (size_t i = engine->socket_count; i > 0; i--) {
    if (i > engine->socket_count)
      continue;
    struct zd_socket *socket = &engine->sockets[i - 1];
    bool quiet = socket->quiet;
    socket->quiet = true;
    if (quiet)
      act(engine, (curl_socket_t)socket->fd, CURL_CSELECT_IN);
  }
}

void zd_engine_ready_timer(struct zd_engine *engine) {
  engine->due_ms = -1; /* libcurl sets a new one when it wants one */
  if (engine->together && zd_clock_monotonic() >= engine->look) {
    zd_engine_set_look(engine);
    look_around(engine);
  }
  act(engine, CURL_SOCKET_TIMEOUT, 0);
}
