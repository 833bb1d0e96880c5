/* engine_idle: used transfers, kept for the next requests. Making one, with all
 * of its options, costs more than a small request. */
#include <stdlib.h>

#include "engine_impl.h"

enum {
  IDLE_MAX = 100,
  IDLE_ALONE = 16 /* where requests come one by one */
};

static struct zd_transfer *unlink_first(struct zd_engine *engine) {
  struct zd_transfer *first = engine->idle;
  if (first != NULL) {
    engine->idle = first->next;
    engine->idle_count--;
  }
  return first;
}

static struct zd_transfer *new_transfer(struct zd_engine *engine) {
  struct zd_transfer *made = calloc(1, sizeof(*made));
  if (made == NULL)
    return NULL;
  made->easy = curl_easy_init();
  if (made->easy == NULL) {
    free(made);
    return NULL;
  }
  /* Outlives curl_easy_reset. */
  curl_easy_setopt(made->easy, CURLOPT_SHARE, engine->share);
  made->why = "";
  return made;
}

/* Requests that run side by side often end side by side, and the next ones
 * begin then. After them, those that come alone give back what they left, one
 * by one. */
static void shrink(struct zd_engine *engine) {
  if (engine->crowd.running == 0 && engine->idle_count > IDLE_ALONE)
    zd_transfer_destroy(unlink_first(engine));
}

struct zd_transfer *zd_engine_take_idle(struct zd_engine *engine) {
  shrink(engine);
  struct zd_transfer *taken = unlink_first(engine);
  return taken != NULL ? taken : new_transfer(engine);
}

void zd_engine_keep_idle(struct zd_engine *engine,
                         struct zd_transfer *transfer) {
  if (engine->idle_count == IDLE_MAX) {
    zd_transfer_destroy(transfer);
    return;
  }
  zd_transfer_reset(transfer);
  transfer->next = engine->idle;
  engine->idle = transfer;
  engine->idle_count++;
}

void zd_engine_drop_idle(struct zd_engine *engine) {
  while (engine->idle != NULL)
    zd_transfer_destroy(unlink_first(engine));
}
