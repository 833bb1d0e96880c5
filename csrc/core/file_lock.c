/* file_lock: see file_lock.h. */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* flock */
#elif defined(__FreeBSD__)
#define __BSD_VISIBLE 1 /* flock */
#endif

#include "file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file_impl.h"

enum { FIRST_PAUSE_NS = 500000, LONGEST_PAUSE_NS = 20000000 };

/* Whether `path` still leads to the open file: a lock on a file that somebody
 * has deleted excludes nobody. */
static bool is_still_there(int fd, const char *path) {
  struct stat opened;
  struct stat named;
  if (fstat(fd, &opened) != 0 || lstat(path, &named) != 0)
    return false;
  return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* A umask may have taken even the owner's permissions from a new file, and then
 * nobody could open it a second time. */
static void make_usable(int fd) {
  struct stat info;
  if (fstat(fd, &info) == 0 &&
      (info.st_mode & ZD_FILE_PRIVATE_MODE) != ZD_FILE_PRIVATE_MODE)
    (void)fchmod(fd, ZD_FILE_PRIVATE_MODE);
}

static enum zd_status try_lock(const char *path, int *fd,
                               struct zd_file_fault *fault) {
  int result;
  enum zd_status status = zd_file_open(path, O_RDWR | O_CREAT, fd, fault);
  if (status != ZD_OK)
    return status;
  make_usable(*fd);
  do {
    result = flock(*fd, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0 && is_still_there(*fd, path))
    return ZD_OK;
  if (result == 0 || errno == EWOULDBLOCK)
    status = zd_file_refused(fault, "lock", ZD_FILE_BUSY);
  else
    status = zd_file_failed(fault, "lock", errno);
  (void)close(*fd);
  return status;
}

static void pause_for(long nanoseconds) {
  const struct timespec pause = {0, nanoseconds};
  (void)nanosleep(&pause, NULL); /* a signal only shortens it */
}

enum zd_status zd_file_lock_take(struct zd_file_lock *lock, const char *path,
                                 double seconds, struct zd_file_fault *fault) {
  double deadline = zd_clock_monotonic() + seconds;
  long pause = FIRST_PAUSE_NS;
  int fd;
  enum zd_status status = try_lock(path, &fd, fault);
  while (status != ZD_OK && fault->refusal == ZD_FILE_BUSY &&
         zd_clock_monotonic() < deadline) {
    pause_for(pause);
    pause = pause < LONGEST_PAUSE_NS / 2 ? pause * 2 : LONGEST_PAUSE_NS;
    status = try_lock(path, &fd, fault);
  }
  if (status != ZD_OK)
    return status;
  lock->fd = fd;
  lock->owner = (long)getpid();
  lock->held = true;
  return ZD_OK;
}

void zd_file_lock_release(struct zd_file_lock *lock) {
  if (!lock->held)
    return;
  lock->held = false;
  /* Closing alone would leave the lock to children made by fork; unlocking in
   * such a child would take it away from the parent. */
  if (lock->owner == (long)getpid())
    (void)flock(lock->fd, LOCK_UN);
  (void)close(lock->fd);
}
