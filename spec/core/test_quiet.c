/* test_quiet: a SIGPIPE of our own reaches nobody, and the host's signals are
 * what they were. */
#define _POSIX_C_SOURCE 200809L

#include "core/quiet.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t handled;

static void handle(int number) {
  (void)number;
  handled++;
}

static void set_handler(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
}

static void mask_pipe(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  CHECK(pthread_sigmask(how, &set, NULL) == 0);
}

static bool is_masked(void) {
  sigset_t set;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &set) == 0);
  return sigismember(&set, SIGPIPE) == 1;
}

static bool is_pending(void) {
  sigset_t set;
  CHECK(sigpending(&set) == 0);
  return sigismember(&set, SIGPIPE) == 1;
}

static void write_to_nobody(void) {
  int ends[2];
  CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
  CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE);
  CHECK(close(ends[1]) == 0);
}

static void work(bool needed) {
  struct zd_quiet quiet;
  zd_quiet_begin(&quiet, needed);
  write_to_nobody();
  zd_quiet_end(&quiet);
}

static void the_default_action_does_not_end_the_program(void) {
  set_handler(SIG_DFL);
  work(true);
  CHECK(!is_masked() && !is_pending());
}

static void a_handler_is_kept_and_not_called(void) {
  set_handler(handle);
  work(true);
  CHECK(handled == 0);
  raise(SIGPIPE);
  CHECK(handled == 1);
}

static void a_pending_signal_stays_pending(void) {
  mask_pipe(SIG_BLOCK);
  work(true);
  CHECK(is_masked() && !is_pending());
  raise(SIGPIPE);
  work(true);
  CHECK(is_masked() && is_pending() && handled == 1);
  mask_pipe(SIG_UNBLOCK);
  CHECK(handled == 2);
}

static void one_in_the_other_is_the_same(void) {
  struct zd_quiet outer;
  zd_quiet_begin(&outer, true);
  write_to_nobody();
  work(true);
  CHECK(is_masked());
  zd_quiet_end(&outer);
  CHECK(!is_masked() && !is_pending() && handled == 2);
}

static void nothing_happens_where_it_is_not_needed(void) {
  work(false);
  CHECK(handled == 3);
}

int main(void) {
  the_default_action_does_not_end_the_program();
  a_handler_is_kept_and_not_called();
  a_pending_signal_stays_pending();
  one_in_the_other_is_the_same();
  nothing_happens_where_it_is_not_needed();
  return check_result();
}
