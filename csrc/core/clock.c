/* clock: see clock.h. */
#define _POSIX_C_SOURCE 200809L

#include "clock.h"

#include <time.h>

static double read_clock(clockid_t id) {
  struct timespec now;
  if (clock_gettime(id, &now) != 0)
    return 0;
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double zd_clock_monotonic(void) {
  return read_clock(CLOCK_MONOTONIC);
}

double zd_clock_wall(void) {
  return read_clock(CLOCK_REALTIME);
}
