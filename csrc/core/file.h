/* file: the few file operations that keep a secret on disk safely.
 *
 * Reads and replaces whole files that belong to this user alone: regular, owned
 * by the effective user, mode 0600 or stricter, never through a symbolic link.
 * A replacement is written beside the file, synced and renamed over it, so that
 * a reader, a crash or a full disk sees the old content or the new one and
 * nothing between. No function blocks on a FIFO, keeps a descriptor, or lets a
 * child process inherit one. What went wrong is told by struct zd_file_fault.
 * Locks live in file_lock.h. */
#ifndef ZD_FILE_H
#define ZD_FILE_H

#include <stddef.h>

#include "buf.h"
#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Why a file was refused although the system would have allowed it. */
enum zd_file_refusal {
  ZD_FILE_NOT_REFUSED = 0,
  ZD_FILE_SYMLINK,     /* the last component is a symbolic link */
  ZD_FILE_NOT_REGULAR, /* a folder, FIFO, socket or device */
  ZD_FILE_FOREIGN,     /* owned by another user */
  ZD_FILE_LOOSE,       /* group or others have a permission */
  ZD_FILE_TOO_LARGE,   /* longer than the caller's maximum */
  ZD_FILE_NO_FOLDER,   /* the folder of the file does not exist */
  ZD_FILE_BAD_PATH,    /* empty, or ends in a slash, a "." or a ".." */
  ZD_FILE_BUSY         /* somebody else holds the lock */
};

#define ZD_FILE_SYNC_FOLDER "sync the folder of"

/* What failed, in words and numbers; borrows nothing. It is filled whenever one
 * of these functions does not return ZD_OK. */
struct zd_file_fault {
  const char *step; /* static text: "open", "write", "sync", … */
  enum zd_file_refusal refusal;
  int error;         /* errno, 0 when `refusal` is set */
  unsigned int mode; /* permission bits, when ZD_FILE_LOOSE */
};

/* Appends the content to `out`, whose maximum bounds it. */
ZD_USE_RESULT enum zd_status zd_file_read(const char *path, struct zd_buf *out,
                                          struct zd_file_fault *fault);

/* Makes `data` the whole content of the file, which is created with mode 0600
 * where it is missing. On failure the old content stays, with one exception:
 * when `fault->step` is ZD_FILE_SYNC_FOLDER, the new content is in place but
 * may not survive a power cut. */
ZD_USE_RESULT enum zd_status zd_file_replace(const char *path, const void *data,
                                             size_t len,
                                             struct zd_file_fault *fault);

/* Deletes the file and syncs its folder. A missing file is a success. */
ZD_USE_RESULT enum zd_status zd_file_remove(const char *path,
                                            struct zd_file_fault *fault);

/* Deletes what replacements of this file left behind when their process died
 * half-way. Nobody may replace the file meanwhile: hold its lock. */
ZD_USE_RESULT enum zd_status zd_file_sweep(const char *path,
                                           struct zd_file_fault *fault);

/* Makes a file private that is this user's own, regular and still empty; does
 * nothing to any other. Never opens it: closing would drop the POSIX locks that
 * other code of this process has on it, as SQLite has on its databases. */
ZD_USE_RESULT enum zd_status zd_file_protect(const char *path,
                                             struct zd_file_fault *fault);

/* Keeps the descriptor from the programs that this process starts. */
ZD_USE_RESULT enum zd_status zd_file_close_on_exec(int fd,
                                                   struct zd_file_fault *fault);

/* The name of the fault for programs ("ENOSPC", "loose", …) and its words for
 * people, both static and in English whatever the locale. Never NULL. */
const char *zd_file_fault_name(const struct zd_file_fault *fault);
const char *zd_file_fault_words(const struct zd_file_fault *fault);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
