/* engine: see engine.h. This file has the lists of transfers and the work;
 * engine_events.c has the side that faces an event loop, engine_idle.c what is
 * kept for the next requests. */
#include "engine.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine_impl.h"
#include "global.h"
#include "quiet.h"
#include "trust.h"

enum { IDLE_CONNECTIONS = 100 /* kept, all servers together */ };

static void unlink_live(struct zd_engine *engine,
                        struct zd_transfer *transfer) {
  if (transfer->prev != NULL)
    transfer->prev->next = transfer->next;
  else
    engine->live = transfer->next;
  if (transfer->next != NULL)
    transfer->next->prev = transfer->prev;
  transfer->prev = NULL;
  transfer->next = NULL;
}

static void link_live(struct zd_engine *engine, struct zd_transfer *transfer) {
  transfer->prev = NULL;
  transfer->next = engine->live;
  if (engine->live != NULL)
    engine->live->prev = transfer;
  engine->live = transfer;
}

static void queue_done(struct zd_engine *engine, struct zd_transfer *transfer) {
  transfer->queued = true;
  transfer->done_next = NULL;
  transfer->done_prev = engine->done_last;
  if (engine->done_last != NULL)
    engine->done_last->done_next = transfer;
  else
    engine->done_first = transfer;
  engine->done_last = transfer;
}

static void unqueue_done(struct zd_engine *engine,
                         struct zd_transfer *transfer) {
  if (!transfer->queued)
    return;
  transfer->queued = false;
  if (transfer->done_prev != NULL)
    transfer->done_prev->done_next = transfer->done_next;
  else
    engine->done_first = transfer->done_next;
  if (transfer->done_next != NULL)
    transfer->done_next->done_prev = transfer->done_prev;
  else
    engine->done_last = transfer->done_prev;
}

/* Takes a running transfer off libcurl. A connection that was in the middle of
 * an exchange is closed, or its HTTP/2 stream reset, by libcurl. */
static void detach(struct zd_engine *engine, struct zd_transfer *transfer) {
  struct zd_quiet quiet;
  zd_quiet_begin(&quiet, engine->noisy);
  curl_multi_remove_handle(engine->multi, transfer->easy);
  zd_quiet_end(&quiet);
  engine->crowd.running--;
  if (engine->crowd.running == 0)
    engine->together = false;
  if (!transfer->repeatable)
    engine->crowd.unrepeatable--;
  queue_done(engine, transfer);
}

void zd_engine_stop(struct zd_engine *engine, struct zd_transfer *transfer,
                    enum zd_status status, const char *why) {
  zd_transfer_abandon(transfer, status, why);
  detach(engine, transfer);
}

static enum zd_status set_up_multi(struct zd_engine *engine,
                                   const struct zd_engine_options *options) {
  engine->multi = curl_multi_init();
  engine->share = curl_share_init();
  if (engine->multi == NULL || engine->share == NULL)
    return ZD_NOMEM;
  /* TLS sessions are otherwise kept by easy handle, and rarely found again. */
  if (curl_share_setopt(engine->share, CURLSHOPT_SHARE,
                        CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
    return ZD_NOMEM;
#if LIBCURL_VERSION_NUM >= 0x081400
  /* Else closing would wait for a name lookup that was given up. */
  curl_multi_setopt(engine->multi, CURLMOPT_QUICK_EXIT, 1L);
#endif
  curl_multi_setopt(engine->multi, CURLMOPT_PIPELINING,
                    (long)CURLPIPE_MULTIPLEX);
  curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS,
                    options->max_connections > 0 ? options->max_connections
                                                 : (long)IDLE_CONNECTIONS);
  curl_multi_setopt(engine->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                    options->max_connections);
  if (options->events)
    zd_engine_set_up_events(engine);
  return ZD_OK;
}

enum zd_status zd_engine_new(const struct zd_engine_options *options,
                             struct zd_engine **engine) {
  enum zd_status status = zd_global_init();
  if (status != ZD_OK)
    return status;
  struct zd_engine *made = calloc(1, sizeof(*made));
  if (made == NULL)
    return ZD_NOMEM;
  made->owner = getpid();
  made->noisy = zd_global_is_noisy();
  made->events = options->events;
  made->due_ms = -1;
  made->setup.encodings = zd_global_encodings();
  made->setup.crowd = &made->crowd;
  made->crowd.limited = options->max_connections > 0;
  status = set_up_multi(made, options);
  if (status != ZD_OK) {
    zd_engine_free(made);
    return status;
  }
  *engine = made;
  return ZD_OK;
}

/* The caller's transfers live on without an engine. */
static void release_live(struct zd_engine *engine) {
  while (engine->live != NULL) {
    struct zd_transfer *transfer = engine->live;
    if (transfer->state == ZD_TRANSFER_RUNNING)
      zd_engine_stop(engine, transfer, ZD_CLOSED, "the engine was closed");
    unqueue_done(engine, transfer);
    unlink_live(engine, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_SHARE, NULL);
    transfer->engine = NULL;
  }
}

bool zd_engine_is_foreign(const struct zd_engine *engine) {
  return engine->owner != getpid();
}

void zd_engine_free(struct zd_engine *engine) {
  if (engine == NULL || zd_engine_is_foreign(engine))
    return;
  zd_engine_shut_events(engine);
  release_live(engine);
  zd_engine_drop_idle(engine);
  struct zd_quiet quiet;
  zd_quiet_begin(&quiet, engine->noisy);
  curl_multi_cleanup(engine->multi);
  zd_quiet_end(&quiet);
  curl_share_cleanup(engine->share);
  zd_watch_free(&engine->watches);
  free(engine->sockets);
  free(engine);
}

bool zd_engine_has_events(const struct zd_engine *engine) {
  return engine->events;
}

unsigned zd_engine_running(const struct zd_engine *engine) {
  return engine->crowd.running;
}

enum zd_status zd_engine_transfer(struct zd_engine *engine,
                                  struct zd_transfer **transfer) {
  struct zd_transfer *taken = zd_engine_take_idle(engine);
  if (taken == NULL)
    return ZD_NOMEM;
  taken->engine = engine;
  link_live(engine, taken);
  *transfer = taken;
  return ZD_OK;
}

/* The trust store is looked at once, and only by who needs it. */
static const struct zd_transfer_setup *setup_for(struct zd_engine *engine,
                                                 bool tls) {
  if (tls && !engine->trust_known) {
    engine->setup.folder_only = zd_trust_folder_suffices();
    engine->trust_known = true;
  }
  return &engine->setup;
}

enum zd_status zd_engine_submit(struct zd_transfer *transfer,
                                const struct zd_account *account,
                                const struct zd_request *request,
                                struct zd_refusal *refusal) {
  struct zd_engine *engine = transfer->engine;
  if (engine == NULL || zd_engine_is_foreign(engine))
    return ZD_CLOSED;
  bool tls = zd_account_route(account)->origin.https;
  enum zd_status status = zd_transfer_configure(
      transfer, account, request, setup_for(engine, tls), refusal);
  if (status != ZD_OK)
    return status;
  if (curl_multi_add_handle(engine->multi, transfer->easy) != CURLM_OK)
    return ZD_NOMEM;
  transfer->state = ZD_TRANSFER_RUNNING;
  engine->crowd.running++;
  if (engine->crowd.running > 1 && !engine->together)
    zd_engine_set_look(engine);
  if (!transfer->repeatable)
    engine->crowd.unrepeatable++;
  engine->fresh = true;
  return ZD_OK;
}

void zd_engine_cancel(struct zd_transfer *transfer) {
  if (transfer->state == ZD_TRANSFER_RUNNING &&
      !zd_engine_is_foreign(transfer->engine))
    zd_engine_stop(transfer->engine, transfer, ZD_CANCELLED,
                   "the call was cancelled");
}

static void take_back(struct zd_engine *engine, struct zd_transfer *transfer) {
  unqueue_done(engine, transfer);
  unlink_live(engine, transfer);
  zd_engine_keep_idle(engine, transfer);
}

void zd_engine_close_transfer(struct zd_transfer *transfer) {
  if (transfer == NULL)
    return;
  struct zd_engine *engine = transfer->engine;
  if (engine != NULL && zd_engine_is_foreign(engine))
    return; /* leaked with its engine */
  zd_engine_cancel(transfer);
  if (engine != NULL)
    take_back(engine, transfer);
  else
    zd_transfer_destroy(transfer);
}

unsigned zd_engine_collect(struct zd_engine *engine, CURLMcode result) {
  unsigned finished = 0;
  for (;;) {
    int left;
    const CURLMsg *message = curl_multi_info_read(engine->multi, &left);
    if (message == NULL)
      break;
    if (message->msg != CURLMSG_DONE)
      continue;
    char *private = NULL;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
    struct zd_transfer *transfer = (void *)private;
    detach(engine, transfer);
    zd_transfer_finish(transfer, code);
    finished++;
  }
  if (result == CURLM_OK && !engine->lost_watch)
    return finished + zd_engine_release_pending(engine);
  /* The multi interface itself has failed, which is to say memory has: no
   * transfer can be relied on to end by itself. */
  engine->lost_watch = false;
  struct zd_transfer *next;
  for (struct zd_transfer *t = engine->live; t != NULL; t = next) {
    next = t->next;
    if (t->state != ZD_TRANSFER_RUNNING)
      continue;
    zd_engine_stop(engine, t, ZD_NOMEM, "libcurl ran out of memory");
    finished++;
  }
  return finished;
}

static unsigned perform(struct zd_engine *engine) {
  int running;
  engine->fresh = false;
  struct zd_quiet quiet;
  zd_quiet_begin(&quiet, engine->noisy);
  CURLMcode result = curl_multi_perform(engine->multi, &running);
  zd_quiet_end(&quiet);
  return zd_engine_collect(engine, result);
}

static int bounded(const struct zd_engine *engine, int timeout_ms) {
  return engine->together && timeout_ms > ZD_LONGEST_WAIT_MS
             ? ZD_LONGEST_WAIT_MS
             : timeout_ms;
}

void zd_engine_step(struct zd_engine *engine, int timeout_ms) {
  /* A new request is sent before the wait; a finished one ends it. Who does not
   * want to wait has had everything by then. */
  if (engine->fresh && (perform(engine) > 0 || timeout_ms == 0))
    return;
  CURLMcode result = curl_multi_poll(engine->multi, NULL, 0,
                                     bounded(engine, timeout_ms), NULL);
  if (result != CURLM_OK) {
    zd_engine_collect(engine, result);
    return;
  }
  if (engine->crowd.running > 0)
    perform(engine);
}

struct zd_transfer *zd_engine_next(struct zd_engine *engine) {
  struct zd_transfer *transfer = engine->done_first;
  if (transfer != NULL)
    unqueue_done(engine, transfer);
  return transfer;
}

void zd_engine_wakeup(struct zd_engine *engine) {
  curl_multi_wakeup(engine->multi);
}
