/* core_torture: every allocation of the core and of libcurl fails, once and
 * from there on, over the whole life of a call. After each failure: a clean
 * status, nothing left alive, and the next call works.
 *
 *   core_torture                      against a server of its own
 *   core_torture BASE_URL CA_FILE     through TLS, to a server that is there
 *   core_torture BASE_URL CA_FILE x   and it is OpenSSL's allocations that fail
 */
#define _POSIX_C_SOURCE 200809L

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/engine.h"
#include "torture.h"

enum { STEP_MS = 1000, STEPS_MAX = 100 };

enum scenario { PLAIN, EVENTS, CANCELLED, ENGINE_FIRST, SCENARIOS };

static const char *const names[SCENARIOS] = {"plain", "events", "cancelled",
                                             "engine freed first"};
static char base_url[128];
static const char *ca_file;
static bool only_openssl;

static struct zd_text text_of(const char *text) {
  struct zd_text made = {text, strlen(text)};
  return made;
}

/* A host's event loop with one descriptor, which is all that one call needs. */
static void drive(struct zd_engine *engine, struct pollfd *watched) {
  struct zd_watch watch;
  while (zd_engine_watch(engine, &watch)) {
    watched->fd = watch.what == ZD_WATCH_NONE ? -1 : watch.fd;
    watched->events = 0;
    if ((watch.what & ZD_WATCH_READ) != 0)
      watched->events |= POLLIN;
    if ((watch.what & ZD_WATCH_WRITE) != 0)
      watched->events |= POLLOUT;
  }
  long timeout = zd_engine_timeout(engine);
  if (timeout < 0 || timeout > STEP_MS)
    timeout = STEP_MS;
  if (poll(watched, 1, (int)timeout) <= 0) {
    zd_engine_ready_timer(engine);
    return;
  }
  int what = (watched->revents & ~POLLOUT) != 0 ? ZD_WATCH_READ : 0;
  if ((watched->revents & POLLOUT) != 0)
    what |= ZD_WATCH_WRITE;
  zd_engine_ready(engine, watched->fd, (enum zd_watch_event)what);
}

static enum zd_status finish(struct zd_engine *engine,
                             struct zd_transfer *transfer,
                             enum scenario scenario) {
  struct pollfd watched = {-1, 0, 0};
  struct zd_outcome outcome;
  if (scenario == CANCELLED) {
    zd_engine_step(engine, 0);
    zd_engine_cancel(transfer);
  }
  for (int i = 0; i < STEPS_MAX && !zd_transfer_done(transfer); i++) {
    if (scenario == EVENTS)
      drive(engine, &watched);
    else
      zd_engine_step(engine, STEP_MS);
  }
  if (!zd_transfer_done(transfer))
    return ZD_TIMEOUT;
  zd_transfer_outcome(transfer, &outcome);
  if (scenario == CANCELLED && outcome.status == ZD_CANCELLED)
    return ZD_OK;
  return outcome.status;
}

static enum zd_status send_one(struct zd_engine *engine,
                               const struct zd_account *account,
                               enum scenario scenario) {
  struct zd_transfer *transfer = NULL;
  struct zd_request request;
  struct zd_refusal refusal;
  const char *why;
  memset(&request, 0, sizeof request);
  request.method = "POST";
  request.path = text_of("/api/v2/oauth/tokens");
  request.body = text_of("{\"token\":{}}");
  request.copy_body = true;
  request.content_type = text_of("application/json");
  request.accept = request.content_type;
  request.timeout_ms = 20000;
  request.connect_timeout_ms = 20000;
  request.max_body = 100000;
  enum zd_status status = zd_engine_transfer(engine, &transfer);
  if (status == ZD_OK)
    status = zd_transfer_add_header(transfer, text_of("X-Trace"),
                                    text_of("torture"), &why);
  if (status == ZD_OK)
    status = zd_engine_submit(transfer, account, &request, &refusal);
  if (status == ZD_OK)
    status = finish(engine, transfer, scenario);
  if (scenario == ENGINE_FIRST)
    zd_engine_free(engine);
  zd_engine_close_transfer(transfer);
  return status;
}

/* Makes all there is, makes two calls, ends all there is. */
static enum zd_status cycle(enum scenario scenario) {
  struct zd_account_options options;
  struct zd_engine_options engine_options = {scenario == EVENTS, 0};
  struct zd_account *account = NULL;
  struct zd_engine *engine = NULL;
  struct zd_refusal refusal;
  memset(&options, 0, sizeof options);
  options.base_url = text_of(base_url);
  if (ca_file != NULL)
    options.ca_file = text_of(ca_file);
  options.email = text_of("admin@example.com");
  options.api_token = text_of("test-api-token");
  options.user_agent = text_of("torture/1");
  enum zd_status status = zd_account_new(&options, &account, &refusal);
  if (status == ZD_OK)
    status = zd_engine_new(&engine_options, &engine);
  if (status == ZD_OK && scenario != ENGINE_FIRST)
    status = send_one(engine, account, scenario);
  if (status == ZD_OK)
    status = zd_account_bearer(account, text_of("test-token"), &refusal);
  if (engine != NULL && status == ZD_OK) {
    status = send_one(engine, account, scenario);
    if (scenario == ENGINE_FIRST)
      engine = NULL;
  }
  zd_account_free(account);
  zd_engine_free(engine);
  return status;
}

/* libcurl does without some of its memory, and may call it what it likes. */
static bool is_clean(enum zd_status status) {
  return status == ZD_OK || status == ZD_NOMEM || status == ZD_TRANSPORT ||
         (ca_file != NULL && status == ZD_TLS);
}

static bool try_one(enum scenario scenario, enum torture_mode mode, long nth) {
  long before = torture_alive();
  torture_arm(mode, nth);
  enum zd_status status = cycle(scenario);
  long refused = torture_refused();
  torture_arm(TORTURE_NEVER, 0);
  /* OpenSSL keeps what it has made once, for later. */
  bool settled = only_openssl || torture_settled(before);
  long left = torture_alive() - before;
  enum zd_status next = cycle(scenario);
  bool fine = next == ZD_OK && settled && is_clean(status);
  /* How far a call has come when it is cancelled is a matter of luck, and so is
   * how often a loop turns and how much memory a handshake takes. */
  bool counted = scenario == PLAIN || scenario == ENGINE_FIRST;
  fine = fine && (refused > 0 || !counted || ca_file != NULL);
  if (!fine)
    fprintf(stderr, "%s, allocation %ld %s: status %d, %ld left, then %d\n",
            names[scenario], nth, mode == TORTURE_ONCE ? "once" : "and on",
            (int)status, left, (int)next);
  return fine;
}

/* How many allocations a cycle takes without a fault; 0 when that fails. */
static long count_allocations(enum scenario scenario) {
  if (cycle(scenario) != ZD_OK)
    return 0;
  torture_arm(TORTURE_NEVER, 0);
  return cycle(scenario) == ZD_OK ? torture_count() : 0;
}

static bool torture(int scenarios) {
  long tried = 0, failed = 0, total = 0;
  for (int scenario = 0; scenario < scenarios; scenario++) {
    long count = count_allocations((enum scenario)scenario);
    if (count == 0)
      return false;
    total += count;
    for (long nth = 1; nth <= count; nth += torture_step()) {
      failed += !try_one((enum scenario)scenario, TORTURE_ONCE, nth);
      failed += !try_one((enum scenario)scenario, TORTURE_FOREVER, nth);
      tried += 2;
    }
  }
  printf("core torture: %ld allocations, %ld cycles, %ld failed\n", total,
         tried, failed);
  return failed == 0 && tried > 0;
}

int main(int argc, char **argv) {
  if (argc > 2) {
    snprintf(base_url, sizeof base_url, "%s", argv[1]);
    ca_file = argv[2];
    only_openssl = argc > 3;
    if (only_openssl)
      torture_take_openssl();
    else
      torture_take_libcurl();
    return torture(1) ? 0 : 1;
  }
  torture_take_libcurl();
  unsigned port = torture_serve();
  snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", port);
  return port != 0 && torture(SCENARIOS) ? 0 : 1;
}
