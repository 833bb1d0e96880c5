/* check: what the C tests share. CHECK names a claim by its own text, notes one
 * that does not hold and goes on; a test program ends with
 * `return check_result();`, which prints how many held. */
#ifndef ZD_CHECK_H
#define ZD_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static int check_failures;
static int check_passes;

static inline void check_that(bool holds, const char *claim, const char *file,
                              int line) {
  if (holds) {
    check_passes++;
    return;
  }
  check_failures++;
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
}

#define CHECK(claim) check_that((claim), #claim, __FILE__, __LINE__)

static inline int check_result(void) {
  printf("%d passed, %d failed\n", check_passes, check_failures);
  return check_failures == 0 ? 0 : 1;
}

#endif
