/* file_fault: names and words for what goes wrong with files; see file.h. Not
 * strerror: it answers in the host's language and is not safe in threads. */
#include "file.h"

#include <errno.h>
#include <stddef.h>

#include "file_impl.h"

struct fault_entry {
  int number; /* an errno, or an enum zd_file_refusal */
  const char *name;
  const char *words;
};

static const struct fault_entry refusals[] = {
    {ZD_FILE_SYMLINK, "symlink", "it is a symbolic link"},
    {ZD_FILE_NOT_REGULAR, "not_regular", "it is not a regular file"},
    {ZD_FILE_FOREIGN, "foreign", "it belongs to another user"},
    {ZD_FILE_LOOSE, "loose", "other users have permissions on it"},
    {ZD_FILE_TOO_LARGE, "too_large", "it is larger than expected"},
    {ZD_FILE_NO_FOLDER, "no_folder", "its folder does not exist"},
    {ZD_FILE_BAD_PATH, "bad_path", "the path does not name a file"},
    {ZD_FILE_BUSY, "busy", "somebody else holds it"},
};

static const struct fault_entry errors[] = {
    {EACCES, "EACCES", "permission denied"},
    {EBADF, "EBADF", "it is not open"},
    {EBUSY, "EBUSY", "device or resource busy"},
    {EDQUOT, "EDQUOT", "the disk quota is used up"},
    {EEXIST, "EEXIST", "it exists already"},
    {EFBIG, "EFBIG", "a limit of the file size is reached"},
    {EINTR, "EINTR", "interrupted"},
    {EINVAL, "EINVAL", "not supported here"},
    {EIO, "EIO", "input/output error of the disk"},
    {EISDIR, "EISDIR", "it is a folder"},
    {ELOOP, "ELOOP", "too many symbolic links"},
    {EMFILE, "EMFILE", "this process has too many open files"},
    {ENAMETOOLONG, "ENAMETOOLONG", "the name is too long"},
    {ENFILE, "ENFILE", "the system has too many open files"},
    {ENODEV, "ENODEV", "no such device"},
    {ENOENT, "ENOENT", "no such file or folder"},
    {ENOLCK, "ENOLCK", "no locks are available"},
    {ENOMEM, "ENOMEM", "out of memory"},
    {ENOSPC, "ENOSPC", "no space left on the disk"},
    {ENOSYS, "ENOSYS", "not supported by the system"},
    {ENOTDIR, "ENOTDIR", "a part of the path is not a folder"},
    {ENOTSUP, "ENOTSUP", "not supported by the file system"},
    {ENXIO, "ENXIO", "no such device or address"},
    {EPERM, "EPERM", "operation not permitted"},
    {EROFS, "EROFS", "the file system is read-only"},
    {ESTALE, "ESTALE", "the network file system lost it"},
    {ETXTBSY, "ETXTBSY", "it is a program that is running"},
};

enum {
  REFUSAL_COUNT = sizeof refusals / sizeof refusals[0],
  ERROR_COUNT = sizeof errors / sizeof errors[0]
};

static const struct fault_entry *find_entry(const struct fault_entry *entries,
                                            size_t count, int number) {
  static const struct fault_entry unknown = {0, "unknown",
                                             "unknown error of the system"};
  for (size_t i = 0; i < count; i++)
    if (entries[i].number == number)
      return &entries[i];
  return &unknown;
}

static const struct fault_entry *fault_entry_of(const struct zd_file_fault *f) {
  if (f->refusal != ZD_FILE_NOT_REFUSED)
    return find_entry(refusals, REFUSAL_COUNT, (int)f->refusal);
  return find_entry(errors, ERROR_COUNT, f->error);
}

const char *zd_file_fault_name(const struct zd_file_fault *fault) {
  return fault_entry_of(fault)->name;
}

const char *zd_file_fault_words(const struct zd_file_fault *fault) {
  return fault_entry_of(fault)->words;
}

enum zd_status zd_file_failed(struct zd_file_fault *fault, const char *step,
                              int error) {
  fault->step = step;
  fault->refusal = ZD_FILE_NOT_REFUSED;
  fault->error = error;
  fault->mode = 0;
  return ZD_SYSTEM;
}

enum zd_status zd_file_refused(struct zd_file_fault *fault, const char *step,
                               enum zd_file_refusal refusal) {
  fault->step = step;
  fault->refusal = refusal;
  fault->error = 0;
  fault->mode = 0;
  return ZD_SYSTEM;
}
