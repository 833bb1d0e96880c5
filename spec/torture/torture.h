/* torture: allocations that fail on command, and a server to talk to meanwhile.
 *
 * The linker leads the core's malloc, calloc, realloc and free here (--wrap),
 * libcurl's come through curl_global_init_mem. One thread allocates at a time:
 * the server thread allocates nothing. Counts are exact, so that what is alive
 * after a cycle can be compared with what was before: no leak goes unseen. */
#ifndef ZD_TORTURE_H
#define ZD_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

enum torture_mode {
  TORTURE_NEVER,  /* only count */
  TORTURE_ONCE,   /* the n-th allocation fails */
  TORTURE_FOREVER /* and all that follow it */
};

/* Counts anew from here on; the `nth` allocation is the first to fail. */
void torture_arm(enum torture_mode mode, long nth);

/* Counts one allocation: must it fail? For allocators of other kinds. */
bool torture_refuses(void);

/* Allocations since torture_arm; those that were refused; those alive. */
long torture_count(void);
long torture_refused(void);
long torture_alive(void);

/* Is as much alive as before? Waits for libcurl, which looks even an address up
 * in a thread of its own once its short way there has failed for memory. */
bool torture_settled(long before);

/* Leads libcurl's allocations here; once, before anything else of libcurl. */
void torture_take_libcurl(void);

/* Leads OpenSSL's allocations here, and no others; before anything else. */
void torture_take_openssl(void);

/* $TORTURE_STEP: every so-many-th allocation is tried; 1 by default. */
long torture_step(void);

/* Serves HTTP on a free port of 127.0.0.1 until the process ends: 422 for paths
 * that begin with /refused, 200 and {"ok":true} for any other. Returns the
 * port, 0 on failure. */
unsigned torture_serve(void);

#endif
