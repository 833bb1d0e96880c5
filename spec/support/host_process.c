/* host_process: what a host program may do to its process and plain Lua cannot:
 * fork, take signals, limit the size of files. A Lua module for specs alone;
 * spec/support/host_process.lua builds it. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

int luaopen_spec_host_process(lua_State *L);

static volatile sig_atomic_t taken;

static void take_signal(int number) {
  (void)number;
  taken++;
}

/* interrupt(seconds): a signal each so many seconds, with a handler and without
 * SA_RESTART; 0 ends it. Returns how many there have been. */
static int interrupt(lua_State *L) {
  struct sigaction action = {0};
  struct itimerval timer = {{0, 0}, {0, 0}};
  timer.it_value.tv_usec = (suseconds_t)(luaL_checknumber(L, 1) * 1e6);
  timer.it_interval = timer.it_value;
  action.sa_handler = take_signal;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &timer, NULL);
  lua_pushinteger(L, taken);
  return 1;
}

/* fork(): 0 in the child, else its pid. */
static int do_fork(lua_State *L) {
  lua_pushinteger(L, fork());
  return 1;
}

/* wait(pid): the exit status, or 128 and the signal. */
static int do_wait(lua_State *L) {
  int status = 0;
  waitpid((pid_t)luaL_checkinteger(L, 1), &status, 0);
  lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status)
                                       : 128 + WTERMSIG(status));
  return 1;
}

/* limit_files(bytes): no file can grow above that; without an argument, any. */
static int limit_files(lua_State *L) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN); /* an error of write, as on a full disk */
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
    return luaL_error(L, "getrlimit");
  limit.rlim_cur =
      lua_isnoneornil(L, 1) ? limit.rlim_max : (rlim_t)luaL_checkinteger(L, 1);
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
    return luaL_error(L, "setrlimit");
  return 0;
}

int luaopen_spec_host_process(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"interrupt", interrupt},     {"fork", do_fork}, {"wait", do_wait},
      {"limit_files", limit_files}, {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
