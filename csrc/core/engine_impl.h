/* engine_impl: what the files of the engine share. */
#ifndef ZD_ENGINE_IMPL_H
#define ZD_ENGINE_IMPL_H

#include <sys/types.h>

#include "engine.h"
#include "transfer_impl.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* libcurl (7.88), with many HTTP/2 streams on one connection, now and then
 * keeps what it has read for one of them, and neither a socket nor a timer of
 * its own tells of it. Who waits looks again after this time at the latest. */
enum { ZD_LONGEST_WAIT_MS = 200 };

/* A socket that libcurl wants to be watched. */
struct zd_socket {
  int fd;
  bool quiet; /* nothing was seen on it since the last look */
};

struct zd_engine {
  pid_t owner; /* the process that made it */
  CURLM *multi;
  CURLSH *share;            /* of TLS sessions */
  struct zd_transfer *live; /* every transfer that callers own */
  struct zd_transfer *idle; /* used ones, linked by `next` */
  struct zd_transfer *done_first, *done_last;
  unsigned idle_count;
  struct zd_crowd crowd;
  struct zd_transfer_setup setup;
  bool trust_known; /* setup.folder_only has been found out */
  bool noisy;       /* zd_global_is_noisy */
  bool fresh;       /* submitted to since the last perform */
  bool together;    /* two have run side by side since none has run */

  bool events;
  bool lost_watch; /* a change could not be queued: memory */
  double due;      /* when the timer is due, by the monotonic clock */
  long due_ms;     /* -1: no timer */
  double look;     /* when quiet sockets are looked at, if `together` */
  struct zd_socket *sockets;
  size_t socket_count, socket_cap;
  struct zd_watch_queue watches;
};

/* Finishes what libcurl reports as done; all that runs, if `result` is an
 * error. Returns how many were finished. */
unsigned zd_engine_collect(struct zd_engine *engine, CURLMcode result);

/* Ends a running transfer. */
void zd_engine_stop(struct zd_engine *engine, struct zd_transfer *transfer,
                    enum zd_status status, const char *why);

/* engine_idle.c: a transfer that has served before, or a new one; NULL without
 * memory. */
ZD_USE_RESULT struct zd_transfer *zd_engine_take_idle(struct zd_engine *engine);
void zd_engine_keep_idle(struct zd_engine *engine,
                         struct zd_transfer *transfer);
void zd_engine_drop_idle(struct zd_engine *engine);

/* engine_pending.c: when a connection has come to be, those that wait for one
 * go on. Returns how many could not and were finished. */
unsigned zd_engine_release_pending(struct zd_engine *engine);

void zd_engine_set_up_events(struct zd_engine *engine);

/* Transfers begin to run side by side. */
void zd_engine_set_look(struct zd_engine *engine);

/* After this libcurl calls the event side no more. */
void zd_engine_shut_events(struct zd_engine *engine);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
