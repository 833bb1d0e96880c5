/* test_file_lock: who is kept out by a lock, and when it ends. */
#define _XOPEN_SOURCE 700 /* mkdtemp */

#include "core/file_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static struct zd_file_fault fault;

static bool take(struct zd_file_lock *lock) {
  return zd_file_lock_take(lock, "lock", 0, &fault) == ZD_OK;
}

static bool is_busy(void) {
  struct zd_file_lock lock = {0};
  bool taken = take(&lock);
  zd_file_lock_release(&lock);
  return !taken && fault.refusal == ZD_FILE_BUSY &&
         strcmp(zd_file_fault_name(&fault), "busy") == 0;
}

static void a_lock_excludes_others_of_the_same_process(void) {
  struct zd_file_lock lock = {0};
  struct stat info;
  CHECK(take(&lock));
  CHECK(stat("lock", &info) == 0);
  CHECK((info.st_mode & 07777) == 0600 && info.st_size == 0);
  CHECK(is_busy());
  zd_file_lock_release(&lock);
  zd_file_lock_release(&lock);
  CHECK(!is_busy());
}

static void a_wait_for_a_held_lock_ends(void) {
  struct zd_file_lock lock = {0};
  struct zd_file_lock second = {0};
  CHECK(take(&lock));
  CHECK(zd_file_lock_take(&second, "lock", 0.05, &fault) == ZD_SYSTEM);
  CHECK(fault.refusal == ZD_FILE_BUSY);
  CHECK(!second.held);
  zd_file_lock_release(&lock);
}

/* Runs `body` in a child that is killed as soon as it says that it is ready. */
static pid_t start_child(void (*body)(int ready), int *ready) {
  int ends[2];
  if (pipe(ends) != 0)
    return -1;
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    body(ends[1]);
    pause();
    _exit(0);
  }
  close(ends[1]);
  *ready = ends[0];
  return child;
}

static void wait_until_ready(int ready) {
  char byte;
  CHECK(read(ready, &byte, 1) == 1);
  close(ready);
}

static void kill_child(pid_t child) {
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, NULL, 0) == child);
}

static void hold_lock(int ready) {
  static struct zd_file_lock lock;
  if (take(&lock) && write(ready, "!", 1) != 1)
    _exit(1);
}

static void a_lock_ends_with_a_killed_holder(void) {
  int ready;
  pid_t child = start_child(hold_lock, &ready);
  wait_until_ready(ready);
  CHECK(is_busy());
  kill_child(child);
  CHECK(!is_busy());
}

static struct zd_file_lock parents_lock;

static void release_parents_lock(int ready) {
  zd_file_lock_release(&parents_lock);
  if (write(ready, "!", 1) != 1)
    _exit(1);
}

static void keep_parents_lock(int ready) {
  if (write(ready, "!", 1) != 1)
    _exit(1);
}

static void a_forked_child_cannot_release_its_parents_lock(void) {
  int ready;
  CHECK(take(&parents_lock));
  pid_t child = start_child(release_parents_lock, &ready);
  wait_until_ready(ready);
  CHECK(is_busy());
  zd_file_lock_release(&parents_lock);
  CHECK(!is_busy());
  kill_child(child);
}

static void a_forked_child_does_not_prolong_its_parents_lock(void) {
  int ready;
  CHECK(take(&parents_lock));
  pid_t child = start_child(keep_parents_lock, &ready);
  wait_until_ready(ready);
  zd_file_lock_release(&parents_lock);
  CHECK(!is_busy());
  kill_child(child);
}

static void a_lock_file_that_is_replaced_is_noticed(void) {
  struct zd_file_lock old = {0};
  struct zd_file_lock lock = {0};
  CHECK(take(&old));
  CHECK(unlink("lock") == 0);
  CHECK(take(&lock));
  CHECK(is_busy());
  zd_file_lock_release(&lock);
  zd_file_lock_release(&old);
}

static void a_lock_file_must_be_private_and_ours(void) {
  struct zd_file_lock lock = {0};
  CHECK(chmod("lock", 0666) == 0);
  CHECK(!take(&lock) && fault.refusal == ZD_FILE_LOOSE);
  CHECK(unlink("lock") == 0);
  CHECK(symlink("elsewhere", "lock") == 0);
  CHECK(!take(&lock) && fault.refusal == ZD_FILE_SYMLINK);
  CHECK(unlink("lock") == 0);
  CHECK(mkdir("lock", 0700) == 0);
  CHECK(!take(&lock) && fault.refusal == ZD_FILE_NOT_REGULAR);
  CHECK(rmdir("lock") == 0);
  CHECK(zd_file_lock_take(&lock, "nowhere/lock", 0, &fault) == ZD_SYSTEM);
  CHECK(fault.refusal == ZD_FILE_NO_FOLDER);
}

static void a_lock_file_is_usable_whatever_the_umask(void) {
  struct zd_file_lock lock = {0};
  struct stat info;
  mode_t before = umask(0777);
  CHECK(take(&lock));
  umask(before);
  zd_file_lock_release(&lock);
  CHECK(stat("lock", &info) == 0 && (info.st_mode & 07777) == 0600);
  CHECK(take(&lock));
  zd_file_lock_release(&lock);
  CHECK(unlink("lock") == 0);
}

int main(void) {
  char folder[] = "/tmp/zd_test_file_lock_XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0)
    return 2;
  a_lock_excludes_others_of_the_same_process();
  a_wait_for_a_held_lock_ends();
  a_lock_ends_with_a_killed_holder();
  a_forked_child_cannot_release_its_parents_lock();
  a_forked_child_does_not_prolong_its_parents_lock();
  a_lock_file_that_is_replaced_is_noticed();
  a_lock_file_must_be_private_and_ours();
  a_lock_file_is_usable_whatever_the_umask();
  CHECK(chdir("/") == 0 && rmdir(folder) == 0);
  return check_result();
}
