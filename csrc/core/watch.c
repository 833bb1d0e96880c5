/* watch: see watch.h. */
#define _POSIX_C_SOURCE 200809L

#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_ENTRIES = 16 };

struct zd_watch_entry {
  struct zd_watch watch;
  bool closing;
};

/* Makes room for one entry behind the last one. */
static enum zd_status make_room(struct zd_watch_queue *queue) {
  if (queue->first + queue->count < queue->cap)
    return ZD_OK;
  if (queue->first > queue->cap / 2) {
    memmove(queue->entries, queue->entries + queue->first,
            queue->count * sizeof(queue->entries[0]));
    queue->first = 0;
    return ZD_OK;
  }
  size_t cap = queue->cap == 0 ? FIRST_ENTRIES : queue->cap * 2;
  void *grown = realloc(queue->entries, cap * sizeof(queue->entries[0]));
  if (grown == NULL)
    return ZD_NOMEM;
  queue->entries = grown;
  queue->cap = cap;
  return ZD_OK;
}

static enum zd_status put_entry(struct zd_watch_queue *queue,
                                struct zd_watch_entry entry) {
  enum zd_status status = make_room(queue);
  if (status != ZD_OK)
    return status;
  queue->entries[queue->first + queue->count] = entry;
  queue->count++;
  return ZD_OK;
}

/* The newest entry for `fd`, or NULL. */
static struct zd_watch_entry *newest(struct zd_watch_queue *queue, int fd) {
  for (size_t i = queue->count; i > 0; i--) {
    struct zd_watch_entry *entry = &queue->entries[queue->first + i - 1];
    if (entry->watch.fd == fd)
      return entry;
  }
  return NULL;
}

enum zd_status zd_watch_put(struct zd_watch_queue *queue, int fd,
                            enum zd_watch_event what) {
  struct zd_watch_entry *last = newest(queue, fd);
  /* A removal is never merged: behind it the number may mean another socket. */
  if (last != NULL && !last->closing && last->watch.what != ZD_WATCH_NONE &&
      what != ZD_WATCH_NONE) {
    last->watch.what = what;
    return ZD_OK;
  }
  struct zd_watch_entry entry = {{fd, what}, false};
  return put_entry(queue, entry);
}

void zd_watch_put_close(struct zd_watch_queue *queue, int fd) {
  struct zd_watch_entry entry = {{fd, ZD_WATCH_NONE}, true};
  if (put_entry(queue, entry) != ZD_OK)
    close(fd);
}

bool zd_watch_take(struct zd_watch_queue *queue, struct zd_watch *watch) {
  while (queue->count > 0) {
    struct zd_watch_entry entry = queue->entries[queue->first];
    queue->first++;
    queue->count--;
    if (queue->count == 0)
      queue->first = 0;
    if (!entry.closing) {
      *watch = entry.watch;
      return true;
    }
    close(entry.watch.fd);
  }
  return false;
}

void zd_watch_free(struct zd_watch_queue *queue) {
  struct zd_watch ignored;
  while (zd_watch_take(queue, &ignored))
    continue;
  free(queue->entries);
  queue->entries = NULL;
  queue->cap = 0;
}
