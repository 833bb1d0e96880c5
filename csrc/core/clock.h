/* clock: the two clocks, in seconds.
 *
 * Deadlines use the monotonic one; the wall clock is for dates only, since it
 * may go backwards. */
#ifndef ZD_CLOCK_H
#define ZD_CLOCK_H

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

double zd_clock_monotonic(void);
double zd_clock_wall(void);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
