/* quiet: see quiet.h. */
#define _POSIX_C_SOURCE 200809L

#include "quiet.h"

#include <stddef.h>
#include <time.h>

static bool is_pending_pipe(void) {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void only_pipe(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGPIPE);
}

void zd_quiet_begin(struct zd_quiet *quiet, bool needed) {
  sigset_t pipe;
  /* One that is pending is blocked already, and the host's to take. */
  quiet->blocked = needed && !is_pending_pipe();
  if (!quiet->blocked)
    return;
  only_pipe(&pipe);
  quiet->blocked = pthread_sigmask(SIG_BLOCK, &pipe, &quiet->before) == 0;
}

void zd_quiet_end(const struct zd_quiet *quiet) {
  sigset_t pipe;
  if (!quiet->blocked)
    return;
  only_pipe(&pipe);
#if defined(__APPLE__)
  int taken;
  if (is_pending_pipe())
    (void)sigwait(&pipe, &taken);
#else
  const struct timespec now = {0, 0};
  if (is_pending_pipe())
    (void)sigtimedwait(&pipe, NULL, &now);
#endif
  (void)pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}
