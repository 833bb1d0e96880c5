/* engine: runs transfers side by side on one libcurl multi handle.
 *
 * A host either steps the engine, which waits and works in one call, or drives
 * it from its own event loop: it takes watch changes and the timeout from the
 * engine and tells it what became ready. The engine never calls out. It may be
 * freed while transfers run; they are then finished as ZD_CLOSED. Owned by one
 * thread of one process: after a fork the sockets belong to both processes, and
 * even closing a TLS connection would end it for the other one. In the child an
 * engine of the parent's refuses to work and is left as it is when it is freed;
 * a new one works. */
#ifndef ZD_ENGINE_H
#define ZD_ENGINE_H

#include <stdbool.h>

#include "status.h"
#include "transfer.h"
#include "watch.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct zd_engine;

struct zd_engine_options {
  bool events;          /* driven by an event loop, not by zd_engine_step */
  long max_connections; /* 0: no limit */
};

/* Returns owned in `*engine`. */
ZD_USE_RESULT enum zd_status
zd_engine_new(const struct zd_engine_options *options,
              struct zd_engine **engine);

/* NULL is allowed. One that is foreign is leaked. */
void zd_engine_free(struct zd_engine *engine);

/* Whether the engine was made before a fork, in another process. */
bool zd_engine_is_foreign(const struct zd_engine *engine);

bool zd_engine_has_events(const struct zd_engine *engine);

/* Returns owned a transfer to be filled and submitted. */
ZD_USE_RESULT enum zd_status zd_engine_transfer(struct zd_engine *engine,
                                                struct zd_transfer **transfer);

/* Starts the exchange. On failure nothing was sent and the transfer may only
 * be closed; ZD_BAD_VALUE fills `refusal`, and ZD_CLOSED says that the engine
 * which made the transfer is gone. */
ZD_USE_RESULT enum zd_status zd_engine_submit(struct zd_transfer *transfer,
                                              const struct zd_account *account,
                                              const struct zd_request *request,
                                              struct zd_refusal *refusal);

/* Ends a running transfer as ZD_CANCELLED; its connection serves nobody else.
 * No effect on one that is done. */
void zd_engine_cancel(struct zd_transfer *transfer);

/* Wipes what the transfer holds and gives it back to its engine, if that still
 * lives. The pointer is then dead. NULL is allowed. */
void zd_engine_close_transfer(struct zd_transfer *transfer);

/* Works, waiting at most `timeout_ms` for something to do, and returns when a
 * transfer has finished, something has moved, or time is up; earlier now and
 * then while transfers run side by side. With none running it only waits. */
void zd_engine_step(struct zd_engine *engine, int timeout_ms);

/* Takes the oldest finished transfer that has not been taken, closed ones
 * excepted; NULL when there is none. */
struct zd_transfer *zd_engine_next(struct zd_engine *engine);

unsigned zd_engine_running(const struct zd_engine *engine);

/* Ends a wait in zd_engine_step. */
void zd_engine_wakeup(struct zd_engine *engine);

/* For event loops: the next change of a watch. What it says holds until the
 * next change for the same descriptor. Descriptors stay open until their
 * ZD_WATCH_NONE has been taken and another change has been asked for. */
bool zd_engine_watch(struct zd_engine *engine, struct zd_watch *watch);

/* Milliseconds until zd_engine_ready_timer is due, 0 for now, -1 for never. */
long zd_engine_timeout(const struct zd_engine *engine);

void zd_engine_ready(struct zd_engine *engine, int fd,
                     enum zd_watch_event what);
void zd_engine_ready_timer(struct zd_engine *engine);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
