/* global: libcurl's process-wide initialisation and what it was built with.
 *
 * curl_global_init runs once per process, however many states and threads ask
 * for it, and is never undone: other users of libcurl may live in the same
 * process. A host that initialises libcurl itself says so before, or compiles
 * with ZD_NO_CURL_GLOBAL_INIT. Otherwise libcurl gets functions for its memory
 * that wipe what they free, and this module stays loaded until the process
 * ends. What is known of it is the only mutable file-scope state of the module.
 */
#ifndef ZD_GLOBAL_H
#define ZD_GLOBAL_H

#include <stdbool.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Names of libraries and their versions; NULL for what is not there. */
struct zd_versions {
  const char *curl;
  const char *ssl;
  const char *zlib;
  const char *brotli;
  const char *nghttp2;
};

ZD_USE_RESULT enum zd_status zd_global_init(void);

/* Leaves curl_global_init to the host; no effect after zd_global_init. */
void zd_global_leave_init(void);

/* Whether libcurl's allocations are seen here, and how many have failed. */
bool zd_global_watches_memory(void);
unsigned long zd_global_memory_failures(void);

void zd_global_versions(struct zd_versions *versions);

/* Whether this libcurl may raise SIGPIPE; see quiet.h. */
bool zd_global_is_noisy(void);

/* The line that offers the content codings that libcurl can undo. */
const char *zd_global_encodings(void);

/* Feature number `index` that this libcurl offers ("http2", "brotli", …), or
 * NULL behind the last one. Features that it lacks are "" and to be skipped. */
const char *zd_global_feature(unsigned index);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
