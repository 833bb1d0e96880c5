/* quiet: no SIGPIPE while libcurl works.
 *
 * Before libcurl 7.87 OpenSSL writes to sockets by itself, and a peer that has
 * closed one would end the host. The signal is blocked for this thread alone
 * and taken before it is let through again; the host's handler and mask, and a
 * signal that was pending before, stay as they are. Later versions ask the
 * system for no signal. */
#ifndef ZD_QUIET_H
#define ZD_QUIET_H

#include <signal.h>
#include <stdbool.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

struct zd_quiet {
  bool blocked; /* here, by zd_quiet_begin */
  sigset_t before;
};

/* Nothing happens unless it is `needed`. */
void zd_quiet_begin(struct zd_quiet *quiet, bool needed);
void zd_quiet_end(const struct zd_quiet *quiet);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
