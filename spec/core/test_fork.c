/* test_fork: an engine after a fork. The child cannot use it and cannot hurt
 * it; a new one works there, and the parent goes on as if nothing had been. */
#define _POSIX_C_SOURCE 200809L

#include <sys/wait.h>

#include "caller.h"
#include "check.h"
#include "loopback.h"

static struct loopback server;

/* In the child: everything that a careless program might do. */
static int live_as_child(struct caller *inherited,
                         struct zd_transfer *running) {
  struct caller own;
  CHECK(zd_engine_is_foreign(inherited->engine));
  CHECK(caller_submit(inherited) == NULL);
  zd_engine_cancel(running);
  CHECK(!zd_transfer_done(running));
  zd_engine_close_transfer(running);
  caller_close(inherited);
  CHECK(caller_open(&own, server.port));
  CHECK(!zd_engine_is_foreign(own.engine));
  CHECK(caller_call(&own, NULL));
  caller_close(&own);
  return check_result();
}

static void the_parent_goes_on_beside_a_child(void) {
  struct caller caller;
  long connections = -1;
  CHECK(caller_open(&caller, server.port));
  CHECK(caller_call(&caller, NULL));
  struct zd_transfer *running = caller_submit(&caller);
  CHECK(running != NULL);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0)
    _exit(live_as_child(&caller, running));
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  while (!zd_transfer_done(running))
    zd_engine_step(caller.engine, 1000);
  struct zd_outcome outcome;
  zd_transfer_outcome(running, &outcome);
  CHECK(outcome.status == ZD_OK);
  zd_engine_close_transfer(running);
  CHECK(caller_call(&caller, &connections));
  CHECK(connections == 0); /* the one from before the fork */
  caller_close(&caller);
}

int main(void) {
  CHECK(loopback_start(&server));
  the_parent_goes_on_beside_a_child();
  loopback_stop(&server);
  return check_result();
}
