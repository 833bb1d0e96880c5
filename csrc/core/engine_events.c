/* engine_events: an engine driven from a host's event loop.
 *
 * libcurl tells by callback which descriptors and what timer it wants; both are
 * kept until the host asks. Each is a one-shot fact. */
#include <unistd.h>

#include "clock.h"
#include "engine_impl.h"

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
  if (zd_watch_put(&engine->watches, (int)fd, event) != ZD_OK)
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
  if (engine->due_ms < 0)
    return -1;
  double left = (engine->due - zd_clock_monotonic()) * 1000;
  return left > 0 ? (long)left + 1 : 0; /* rounded up: not before its time */
}

static void act(struct zd_engine *engine, curl_socket_t fd, int mask) {
  int running;
  engine->fresh = false;
  CURLMcode result =
      curl_multi_socket_action(engine->multi, fd, mask, &running);
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
  act(engine, (curl_socket_t)fd, mask);
}

void zd_engine_ready_timer(struct zd_engine *engine) {
  engine->due_ms = -1; /* libcurl sets a new one when it wants one */
  act(engine, CURL_SOCKET_TIMEOUT, 0);
}
