/* engine_pending: transfers that wait for another one's connection.
 *
 * They may share it, which is known when it is there: over HTTP/2 they do, over
 * HTTP/1.1 each needs one of its own. libcurl (7.88) lets them go on one after
 * the other, each when the connection of the one before is there; a hundred
 * that begin together would wait for a hundred handshakes in a row. So they are
 * handed in anew, all of them, as soon as there is a connection. What goes
 * another way is left alone: its name may just be looked up. Where the host
 * limits connections, most wait for other reasons, and libcurl's order stays.
 */
#include "clock.h"
#include "engine_impl.h"

/* No connection was looked up for it yet, and none is under way. */
static bool is_pending(const struct zd_transfer *transfer) {
  curl_off_t lookup = 0;
  if (transfer->state != ZD_TRANSFER_RUNNING || transfer->attempts > 0 ||
      !zd_transfer_may_share(transfer))
    return false;
  curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
  return lookup == 0;
}

/* Whether one that goes the same way has just opened a connection. */
static bool has_connection(const struct zd_engine *engine,
                           const struct zd_transfer *transfer) {
  for (const struct zd_transfer *t = engine->live; t != NULL; t = t->next)
    if (t->opened && zd_route_equals(t->route, transfer->route))
      return true;
  return false;
}

/* Its time limit goes on, although libcurl begins to count again. */
static CURLMcode hand_in_anew(struct zd_engine *engine,
                              struct zd_transfer *transfer) {
  CURLMcode result = curl_multi_remove_handle(engine->multi, transfer->easy);
  if (result != CURLM_OK)
    return result;
  if (transfer->due > 0) {
    double left = (transfer->due - zd_clock_monotonic()) * 1000;
    transfer->shortened = true;
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS,
                     left > 1 ? (long)left : 1L);
  }
  return curl_multi_add_handle(engine->multi, transfer->easy);
}

unsigned zd_engine_release_pending(struct zd_engine *engine) {
  unsigned finished = 0;
  if (!engine->crowd.connected)
    return 0;
  engine->crowd.connected = false;
  /* In the order in which they came: the last of the list is the oldest. */
  struct zd_transfer *t = engine->live;
  while (t != NULL && t->next != NULL)
    t = t->next;
  for (; t != NULL; t = t->prev) {
    if (!is_pending(t) || !has_connection(engine, t) ||
        hand_in_anew(engine, t) == CURLM_OK)
      continue;
    zd_engine_stop(engine, t, ZD_NOMEM, "libcurl ran out of memory");
    finished++;
  }
  for (t = engine->live; t != NULL; t = t->next)
    t->opened = false;
  return finished;
}
