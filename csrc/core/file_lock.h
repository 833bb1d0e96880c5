/* file_lock: a lock that the kernel keeps for this process.
 *
 * The lock is flock's, on an empty file that is made where it is missing and
 * never deleted. Each lock has a descriptor of its own, so locks exclude other
 * processes and other holders of the same process alike, and the kernel frees
 * them when their holder dies. A child made by fork shares the parent's lock:
 * a release by the child leaves it alone, and when the parent dies without a
 * release the lock lives until the child has ended too. Over exec it is not
 * inherited. */
#ifndef ZD_FILE_LOCK_H
#define ZD_FILE_LOCK_H

#include <stdbool.h>

#include "file.h"
#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Zeroed: not held. */
struct zd_file_lock {
  bool held;
  int fd;
  long owner; /* the process that took it */
};

/* Takes the lock, waiting for at most `seconds` (0: not at all); the wait
 * sleeps in this thread. A fault of ZD_FILE_BUSY: somebody else holds it. */
ZD_USE_RESULT enum zd_status zd_file_lock_take(struct zd_file_lock *lock,
                                               const char *path, double seconds,
                                               struct zd_file_fault *fault);

/* Idempotent. */
void zd_file_lock_release(struct zd_file_lock *lock);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
