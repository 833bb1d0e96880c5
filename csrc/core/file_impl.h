/* file_impl: what file.c, file_place.c and file_lock.c share; nobody else
 * includes it. A place is an open folder and a name in it: everything that
 * happens to a file goes through the same folder, even when a path is changed
 * meanwhile. */
#ifndef ZD_FILE_IMPL_H
#define ZD_FILE_IMPL_H

#include "file.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  ZD_FILE_NAME_SIZE = 256,
  ZD_FILE_FOLDER_SIZE = 4096,
  ZD_FILE_PRIVATE_MODE = 0600
};

struct zd_file_place {
  int folder;       /* owned */
  const char *name; /* borrowed: the end of the path */
};

ZD_USE_RESULT enum zd_status zd_file_place_open(struct zd_file_place *place,
                                                const char *path,
                                                struct zd_file_fault *fault);
void zd_file_place_close(struct zd_file_place *place);

/* Draws the name of a temporary file beside `name`. */
ZD_USE_RESULT enum zd_status
zd_file_name_temporary(const char *name, char out[ZD_FILE_NAME_SIZE],
                       struct zd_file_fault *fault);

/* Opens `path`, never through a symbolic link and never waiting for anybody,
 * and checks that it is this user's own private regular file. */
ZD_USE_RESULT enum zd_status zd_file_open(const char *path, int flags, int *fd,
                                          struct zd_file_fault *fault);

/* Note what went wrong; always ZD_SYSTEM, so that callers can end with it. */
ZD_USE_RESULT enum zd_status zd_file_failed(struct zd_file_fault *fault,
                                            const char *step, int error);
ZD_USE_RESULT enum zd_status zd_file_refused(struct zd_file_fault *fault,
                                             const char *step,
                                             enum zd_file_refusal refusal);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
