/* test_threads: engines in several threads at once, each with its own. Meant to
 * be run under ThreadSanitizer and helgrind as well (make tsan): 8 threads of
 * 1,000 calls, or as many calls as the argument says. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "caller.h"
#include "check.h"
#include "loopback.h"

enum { THREADS = 8, CALLS = 1000 };

static struct loopback server;

struct worker {
  pthread_t thread;
  long calls, good, connections;
};

/* Everything is made in the thread: the first one to come initialises libcurl,
 * and the others wait for it. */
static void *work(void *user) {
  struct worker *worker = user;
  struct caller caller;
  if (!caller_open(&caller, server.port))
    return NULL;
  for (long i = 0; i < worker->calls; i++) {
    long made = 0;
    worker->good += caller_call(&caller, &made);
    worker->connections += made;
  }
  caller_close(&caller);
  return NULL;
}

static void many_threads_make_many_calls(long calls) {
  static struct worker workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    workers[i].calls = calls;
    CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) {
    CHECK(pthread_join(workers[i].thread, NULL) == 0);
    CHECK(workers[i].good == calls);
    CHECK(workers[i].connections == 1);
  }
}

/* An engine may move to another thread, as a whole and between two calls. */
static void *call_once(void *user) {
  return caller_call(user, NULL) ? user : NULL;
}

static void an_engine_moves_between_threads(void) {
  struct caller caller;
  CHECK(caller_open(&caller, server.port));
  CHECK(caller_call(&caller, NULL));
  pthread_t thread;
  void *result = NULL;
  CHECK(pthread_create(&thread, NULL, call_once, &caller) == 0);
  CHECK(pthread_join(thread, &result) == 0);
  CHECK(result == &caller);
  CHECK(caller_call(&caller, NULL));
  caller_close(&caller);
}

int main(int argc, char **argv) {
  long calls = argc > 1 ? strtol(argv[1], NULL, 10) : CALLS;
  CHECK(loopback_start(&server));
  many_threads_make_many_calls(calls);
  an_engine_moves_between_threads();
  loopback_stop(&server);
  return check_result();
}
