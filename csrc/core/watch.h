/* watch: the queue of changes between libcurl and the host's event loop.
 *
 * A change is a one-shot fact: once taken it is forgotten, because descriptors
 * are reused. To make reuse harmless, a descriptor that libcurl gives up is
 * queued for closing behind its last change, and closed only when the host
 * comes back after having taken that change. */
#ifndef ZD_WATCH_H
#define ZD_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum zd_watch_event {
  ZD_WATCH_NONE = 0,
  ZD_WATCH_READ = 1,
  ZD_WATCH_WRITE = 2,
  ZD_WATCH_BOTH = 3
};

struct zd_watch {
  int fd;
  enum zd_watch_event what;
};

struct zd_watch_queue {
  struct zd_watch_entry *entries;
  size_t first, count, cap;
};

/* Queues a change; one that replaces a change not yet taken is merged. */
ZD_USE_RESULT enum zd_status zd_watch_put(struct zd_watch_queue *queue, int fd,
                                          enum zd_watch_event what);

/* Queues the closing of `fd`, or closes it at once when memory is short. */
void zd_watch_put_close(struct zd_watch_queue *queue, int fd);

/* Takes the oldest change, closing descriptors on the way. */
bool zd_watch_take(struct zd_watch_queue *queue, struct zd_watch *watch);

/* Closes what is queued for closing and releases the queue. Idempotent. */
void zd_watch_free(struct zd_watch_queue *queue);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
