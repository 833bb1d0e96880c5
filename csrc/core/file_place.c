/* file_place: folders, and the temporary files in them; see file_impl.h. */
#define _POSIX_C_SOURCE 200809L

#include "file_impl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "digest.h"

/* A temporary file is "<name>.tmp-" and this many hexadecimal digits. */
static const char temporary_mark[] = ".tmp-";
enum { MARK_SIZE = sizeof temporary_mark - 1, RANDOM_BYTES = 8 };

static const char hex_digits[] = "0123456789abcdef";

static enum zd_status open_folder(const char *folder, int *fd,
                                  struct zd_file_fault *fault) {
  do {
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } while (*fd < 0 && errno == EINTR);
  if (*fd >= 0)
    return ZD_OK;
  if (errno == ENOENT)
    return zd_file_refused(fault, "open", ZD_FILE_NO_FOLDER);
  return zd_file_failed(fault, "open the folder of", errno);
}

enum zd_status zd_file_place_open(struct zd_file_place *place, const char *path,
                                  struct zd_file_fault *fault) {
  char folder[ZD_FILE_FOLDER_SIZE] = ".";
  const char *slash = strrchr(path, '/');
  place->name = slash == NULL ? path : slash + 1;
  if (place->name[0] == '\0' || strcmp(place->name, ".") == 0 ||
      strcmp(place->name, "..") == 0)
    return zd_file_refused(fault, "open", ZD_FILE_BAD_PATH);
  if (slash != NULL) {
    /* The slash stays: the folder of "/tokens" is "/". */
    size_t len = (size_t)(slash - path) + 1;
    if (len >= sizeof folder)
      return zd_file_failed(fault, "open", ENAMETOOLONG);
    memcpy(folder, path, len);
    folder[len] = '\0';
  }
  return open_folder(folder, &place->folder, fault);
}

void zd_file_place_close(struct zd_file_place *place) {
  (void)close(place->folder);
}

enum zd_status zd_file_name_temporary(const char *name,
                                      char out[ZD_FILE_NAME_SIZE],
                                      struct zd_file_fault *fault) {
  unsigned char random[RANDOM_BYTES];
  size_t len = strlen(name);
  if (len + MARK_SIZE + 2 * RANDOM_BYTES >= ZD_FILE_NAME_SIZE)
    return zd_file_failed(fault, "create a file beside", ENAMETOOLONG);
  if (zd_random(random, sizeof random) != ZD_OK)
    return zd_file_failed(fault, "draw a random name beside", 0);
  memcpy(out, name, len);
  memcpy(out + len, temporary_mark, MARK_SIZE);
  char *digit = out + len + MARK_SIZE;
  for (size_t i = 0; i < sizeof random; i++) {
    *digit++ = hex_digits[random[i] >> 4];
    *digit++ = hex_digits[random[i] & 15];
  }
  *digit = '\0';
  return ZD_OK;
}

/* Whether `entry` is what zd_file_name_temporary makes of `name`. */
static bool is_temporary(const char *entry, const char *name) {
  size_t len = strlen(name);
  if (strncmp(entry, name, len) != 0 ||
      strncmp(entry + len, temporary_mark, MARK_SIZE) != 0)
    return false;
  const char *digits = entry + len + MARK_SIZE;
  size_t count = strspn(digits, hex_digits);
  return count == (size_t)2 * RANDOM_BYTES && digits[count] == '\0';
}

static enum zd_status sweep_entries(const struct zd_file_place *place, DIR *dir,
                                    struct zd_file_fault *fault) {
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(dir);
    if (entry == NULL)
      break;
    if (!is_temporary(entry->d_name, place->name))
      continue;
    if (unlinkat(place->folder, entry->d_name, 0) != 0 && errno != ENOENT)
      return zd_file_failed(fault, "delete a leftover of", errno);
  }
  if (errno != 0)
    return zd_file_failed(fault, "list the folder of", errno);
  return ZD_OK;
}

enum zd_status zd_file_sweep(const char *path, struct zd_file_fault *fault) {
  struct zd_file_place place;
  enum zd_status status = zd_file_place_open(&place, path, fault);
  if (status != ZD_OK)
    return status;
  /* The stream takes the descriptor over, and closes it. */
  DIR *dir = fdopendir(place.folder);
  if (dir == NULL) {
    status = zd_file_failed(fault, "list the folder of", errno);
    zd_file_place_close(&place);
    return status;
  }
  status = sweep_entries(&place, dir, fault);
  (void)closedir(dir);
  return status;
}
