/* torture: see torture.h. */
#define _POSIX_C_SOURCE 200809L

#include "torture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

static bool only_openssl;
static enum torture_mode mode;
static long first_to_fail, seen, refused;
static long alive; /* atomic: see torture_settled */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);

void torture_arm(enum torture_mode how, long nth) {
  mode = how;
  first_to_fail = nth;
  seen = 0;
  refused = 0;
}

bool torture_refuses(void) {
  seen++;
  bool fails = (mode == TORTURE_ONCE && seen == first_to_fail) ||
               (mode == TORTURE_FOREVER && seen >= first_to_fail);
  refused += fails;
  return fails;
}

long torture_count(void) {
  return seen;
}

long torture_refused(void) {
  return refused;
}

static void count_alive(int change) {
  __atomic_fetch_add(&alive, change, __ATOMIC_RELAXED);
}

long torture_alive(void) {
  return __atomic_load_n(&alive, __ATOMIC_RELAXED);
}

bool torture_settled(long before) {
  const struct timespec pause = {0, 5000000};
  for (int i = 0; i < 400 && torture_alive() != before; i++)
    nanosleep(&pause, NULL);
  return torture_alive() == before;
}

static void *openssl_malloc(size_t size, const char *file, int line) {
  (void)file;
  (void)line;
  return torture_refuses() ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *old, size_t size, const char *file,
                             int line) {
  (void)file;
  (void)line;
  return torture_refuses() ? NULL : __real_realloc(old, size);
}

static void openssl_free(void *memory, const char *file, int line) {
  (void)file;
  (void)line;
  __real_free(memory);
}

void torture_take_openssl(void) {
  only_openssl = true;
  if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) !=
      1)
    abort();
}

/* The core's allocations: do they fail? */
static bool core_refuses(void) {
  return !only_openssl && torture_refuses();
}

void *__wrap_malloc(size_t size) {
  void *memory = core_refuses() ? NULL : __real_malloc(size);
  count_alive(memory != NULL);
  return memory;
}

void *__wrap_calloc(size_t count, size_t size) {
  void *memory = core_refuses() ? NULL : __real_calloc(count, size);
  count_alive(memory != NULL);
  return memory;
}

void *__wrap_realloc(void *old, size_t size) {
  void *memory = core_refuses() ? NULL : __real_realloc(old, size);
  count_alive(old == NULL && memory != NULL);
  return memory;
}

void __wrap_free(void *memory) {
  count_alive(-(memory != NULL));
  __real_free(memory);
}

static char *copy_of(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = __wrap_malloc(size);
  if (copy != NULL)
    memcpy(copy, text, size);
  return copy;
}

void torture_take_libcurl(void) {
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, __wrap_malloc, __wrap_free,
                           __wrap_realloc, copy_of, __wrap_calloc) != CURLE_OK)
    abort();
}

long torture_step(void) {
  const char *text = getenv("TORTURE_STEP");
  long step = text == NULL ? 1 : strtol(text, NULL, 10);
  return step < 1 ? 1 : step;
}
