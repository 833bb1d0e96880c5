/* file: see file.h. */
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* F_FULLFSYNC */
#endif

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */

#include <sys/stat.h>
#include <unistd.h>

#include "file_impl.h"
#include "secret.h"

enum { CHUNK_SIZE = 4096, OTHERS_MODE = 0077 };

/* Whether a file may hold a secret of this user. */
static enum zd_status check_private(const struct stat *info, const char *step,
                                    struct zd_file_fault *fault) {
  if (S_ISLNK(info->st_mode))
    return zd_file_refused(fault, step, ZD_FILE_SYMLINK);
  if (!S_ISREG(info->st_mode))
    return zd_file_refused(fault, step, ZD_FILE_NOT_REGULAR);
  if (info->st_uid != geteuid())
    return zd_file_refused(fault, step, ZD_FILE_FOREIGN);
  if ((info->st_mode & OTHERS_MODE) != 0) {
    enum zd_status status = zd_file_refused(fault, step, ZD_FILE_LOOSE);
    fault->mode = (unsigned)info->st_mode & 07777;
    return status;
  }
  return ZD_OK;
}

/* errno of open alone does not tell a symbolic link from a loop in the folders,
 * nor a missing file from a missing folder. */
static enum zd_status open_failed(const char *path, int error,
                                  struct zd_file_fault *fault) {
  struct stat info;
  if (error == ENOENT) {
    struct zd_file_place place;
    enum zd_status status = zd_file_place_open(&place, path, fault);
    if (status != ZD_OK && fault->refusal != ZD_FILE_NOT_REFUSED)
      return status;
    if (status == ZD_OK)
      zd_file_place_close(&place);
  } else if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    return check_private(&info, "open", fault);
  }
  return zd_file_failed(fault, "open", error);
}

enum zd_status zd_file_open(const char *path, int flags, int *fd,
                            struct zd_file_fault *fault) {
  struct stat info;
  int opened;
  /* O_NONBLOCK: a FIFO in the place of the file must not block. */
  flags |= O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  do {
    opened = open(path, flags, ZD_FILE_PRIVATE_MODE);
  } while (opened < 0 && errno == EINTR);
  if (opened < 0)
    return open_failed(path, errno, fault);
  enum zd_status status = fstat(opened, &info) == 0
                              ? check_private(&info, "open", fault)
                              : zd_file_failed(fault, "open", errno);
  if (status != ZD_OK) {
    (void)close(opened);
    return status;
  }
  *fd = opened;
  return ZD_OK;
}

static enum zd_status read_to_end(int fd, struct zd_buf *out,
                                  struct zd_file_fault *fault) {
  char chunk[CHUNK_SIZE];
  enum zd_status status = ZD_OK;
  for (;;) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      status = zd_file_failed(fault, "read", errno);
    if (got <= 0)
      break;
    enum zd_status appended = zd_buf_append(out, chunk, (size_t)got);
    if (appended == ZD_TOO_LARGE)
      status = zd_file_refused(fault, "read", ZD_FILE_TOO_LARGE);
    else if (appended != ZD_OK)
      status = zd_file_failed(fault, "read", ENOMEM);
    if (appended != ZD_OK)
      break;
  }
  zd_wipe(chunk, sizeof chunk);
  return status;
}

enum zd_status zd_file_read(const char *path, struct zd_buf *out,
                            struct zd_file_fault *fault) {
  int fd;
  enum zd_status status = zd_file_open(path, O_RDONLY, &fd, fault);
  if (status != ZD_OK)
    return status;
  status = read_to_end(fd, out, fault);
  (void)close(fd);
  return status;
}

/* Refuses to replace or delete what this module would not read. */
static enum zd_status check_target(const struct zd_file_place *place,
                                   const char *step,
                                   struct zd_file_fault *fault) {
  struct stat info;
  if (fstatat(place->folder, place->name, &info, AT_SYMLINK_NOFOLLOW) == 0)
    return check_private(&info, step, fault);
  return errno == ENOENT ? ZD_OK : zd_file_failed(fault, step, errno);
}

static enum zd_status write_all(int fd, const char *data, size_t len,
                                struct zd_file_fault *fault) {
  size_t done = 0;
  while (done < len) {
    ssize_t wrote = write(fd, data + done, len - done);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote <= 0)
      return zd_file_failed(fault, "write", wrote < 0 ? errno : EIO);
    done += (size_t)wrote;
  }
  return ZD_OK;
}

/* Returns errno, or 0 when the content is on the disk. */
static int sync_descriptor(int fd) {
  int result;
#if defined(F_FULLFSYNC)
  /* On macOS fsync only reaches the cache of the drive. */
  if (fcntl(fd, F_FULLFSYNC) == 0)
    return 0;
#endif
  do {
    result = fsync(fd);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

static enum zd_status sync_folder(const struct zd_file_place *place,
                                  struct zd_file_fault *fault) {
  int error = sync_descriptor(place->folder);
  /* Some network file systems cannot sync a folder, and need not. */
  if (error == 0 || error == EINVAL)
    return ZD_OK;
  return zd_file_failed(fault, ZD_FILE_SYNC_FOLDER, error);
}

static enum zd_status fill_temporary(int fd, const void *data, size_t len,
                                     struct zd_file_fault *fault) {
  /* A umask may have taken even the owner's permissions. */
  if (fchmod(fd, ZD_FILE_PRIVATE_MODE) != 0)
    return zd_file_failed(fault, "write", errno);
  enum zd_status status = write_all(fd, data, len, fault);
  if (status != ZD_OK)
    return status;
  int error = sync_descriptor(fd);
  return error == 0 ? ZD_OK : zd_file_failed(fault, "sync", error);
}

static enum zd_status create_temporary(const struct zd_file_place *place,
                                       const char *name, int *fd,
                                       struct zd_file_fault *fault) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  do {
    *fd = openat(place->folder, name, flags, ZD_FILE_PRIVATE_MODE);
  } while (*fd < 0 && errno == EINTR);
  if (*fd < 0)
    return zd_file_failed(fault, "create a file beside", errno);
  return ZD_OK;
}

static enum zd_status replace_in(const struct zd_file_place *place,
                                 const char *temporary, const void *data,
                                 size_t len, struct zd_file_fault *fault) {
  int fd;
  enum zd_status status = create_temporary(place, temporary, &fd, fault);
  if (status != ZD_OK)
    return status;
  status = fill_temporary(fd, data, len, fault);
  (void)close(fd); /* what close could report, the sync has reported */
  if (status == ZD_OK &&
      renameat(place->folder, temporary, place->folder, place->name) != 0)
    status = zd_file_failed(fault, "replace", errno);
  if (status != ZD_OK) {
    (void)unlinkat(place->folder, temporary, 0);
    return status;
  }
  return sync_folder(place, fault);
}

enum zd_status zd_file_replace(const char *path, const void *data, size_t len,
                               struct zd_file_fault *fault) {
  struct zd_file_place place;
  char temporary[ZD_FILE_NAME_SIZE];
  enum zd_status status = zd_file_place_open(&place, path, fault);
  if (status != ZD_OK)
    return status;
  status = check_target(&place, "replace", fault);
  if (status == ZD_OK)
    status = zd_file_name_temporary(place.name, temporary, fault);
  if (status == ZD_OK)
    status = replace_in(&place, temporary, data, len, fault);
  zd_file_place_close(&place);
  return status;
}

enum zd_status zd_file_remove(const char *path, struct zd_file_fault *fault) {
  struct zd_file_place place;
  enum zd_status status = zd_file_place_open(&place, path, fault);
  if (status != ZD_OK)
    return status;
  status = check_target(&place, "delete", fault);
  if (status == ZD_OK && unlinkat(place.folder, place.name, 0) != 0 &&
      errno != ENOENT)
    status = zd_file_failed(fault, "delete", errno);
  if (status == ZD_OK)
    status = sync_folder(&place, fault);
  zd_file_place_close(&place);
  return status;
}

enum zd_status zd_file_protect(const char *path, struct zd_file_fault *fault) {
  struct zd_file_place place;
  struct stat info;
  enum zd_status status = zd_file_place_open(&place, path, fault);
  if (status != ZD_OK)
    return status;
  if (fstatat(place.folder, place.name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    status = zd_file_failed(fault, "protect", errno);
  else if (S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
           info.st_size == 0 && (info.st_mode & OTHERS_MODE) != 0 &&
           fchmodat(place.folder, place.name, ZD_FILE_PRIVATE_MODE, 0) != 0)
    status = zd_file_failed(fault, "protect", errno);
  zd_file_place_close(&place);
  return status;
}

enum zd_status zd_file_close_on_exec(int fd, struct zd_file_fault *fault) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
    return ZD_OK;
  return zd_file_failed(fault, "mark", errno);
}
