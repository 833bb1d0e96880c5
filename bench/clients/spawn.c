/* spawn: starts a command COUNT times, one after the other:
 *
 *   spawn WORK COUNT COMMAND [ARGUMENT…]
 *
 * Prints one line of JSON with medians: wall is from its start to its first
 * byte of output where WORK is "cold", else to its end; cpu is all that it
 * used. What it prints is read and forgotten. */
#define _DEFAULT_SOURCE

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct run {
  double wall, cpu;
};

static void fail(const char *what) {
  fprintf(stderr, "spawn: %s\n", what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pid_t start(char **command, int output, int other_end) {
  posix_spawn_file_actions_t actions;
  pid_t child;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, other_end);
  if (posix_spawnp(&child, command[0], &actions, NULL, command, environ) != 0)
    fail("the command does not start");
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static struct run run_once(char **command, bool cold) {
  static char bytes[1 << 16];
  struct run run;
  struct rusage usage;
  int ends[2], status;
  if (pipe(ends) != 0)
    fail("no pipe");
  double began = now();
  pid_t child = start(command, ends[1], ends[0]);
  close(ends[1]);
  if (read(ends[0], bytes, sizeof bytes) <= 0)
    fail("the command printed nothing");
  double first = now();
  while (read(ends[0], bytes, sizeof bytes) > 0)
    continue;
  close(ends[0]);
  if (wait4(child, &status, 0, &usage) != child || status != 0)
    fail("the command failed");
  run.wall = (cold ? first : now()) - began;
  run.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return run;
}

static int by_wall(const void *a, const void *b) {
  double left = ((const struct run *)a)->wall;
  double right = ((const struct run *)b)->wall;
  return (left > right) - (left < right);
}

static int by_cpu(const void *a, const void *b) {
  double left = ((const struct run *)a)->cpu;
  double right = ((const struct run *)b)->cpu;
  return (left > right) - (left < right);
}

int main(int argc, char **argv) {
  enum { MOST = 1000 };
  static struct run runs[MOST];
  int count = argc > 3 ? atoi(argv[2]) : 0;
  if (count < 1 || count > MOST)
    fail("usage: spawn WORK COUNT COMMAND [ARGUMENT...]");
  bool cold = strcmp(argv[1], "cold") == 0;
  for (int index = 0; index < count; index++)
    runs[index] = run_once(argv + 3, cold);
  qsort(runs, (size_t)count, sizeof runs[0], by_cpu);
  double cpu = runs[count / 2].cpu;
  qsort(runs, (size_t)count, sizeof runs[0], by_wall);
  printf("{\"work\":\"%s\",\"count\":1,\"wall\":%.6f,\"cpu\":%.6f}\n", argv[1],
         runs[count / 2].wall, cpu);
  return 0;
}
