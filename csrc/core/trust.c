/* trust: see trust.h. */
#define _POSIX_C_SOURCE 200809L

#include "trust.h"

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include <curl/curl.h>

enum { HASH_DIGITS = 8, LINE_SIZE = 256 };

static bool is_hash_link(const char *name) {
  if (strspn(name, "0123456789abcdef") != HASH_DIGITS ||
      name[HASH_DIGITS] != '.')
    return false;
  const char *number = name + HASH_DIGITS + 1;
  size_t digits = strspn(number, "0123456789");
  return digits > 0 && number[digits] == '\0';
}

static size_t count_links(const char *path) {
  DIR *folder = opendir(path);
  size_t count = 0;
  if (folder == NULL)
    return 0;
  for (;;) {
    const struct dirent *entry = readdir(folder);
    if (entry == NULL)
      break;
    if (is_hash_link(entry->d_name))
      count++;
  }
  closedir(folder);
  return count;
}

/* Whether the file holds certificates, and no more than `max`. */
static bool holds_at_most(const char *path, size_t max) {
  static const char START[] = "-----BEGIN ";
  char line[LINE_SIZE];
  size_t count = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return false;
  while (count <= max && fgets(line, sizeof(line), file) != NULL)
    if (strncmp(line, START, sizeof(START) - 1) == 0)
      count++;
  bool whole = ferror(file) == 0;
  fclose(file);
  return whole && count > 0 && count <= max;
}

/* What is appended to a bundle by hand has no link, and one of a certificate
 * that the bundle does not hold must not make up for it. */
static bool is_older(const char *bundle, const char *folder) {
  struct stat a, b;
  return stat(bundle, &a) == 0 && stat(folder, &b) == 0 &&
         a.st_mtime <= b.st_mtime;
}

static bool is_missing(const char *path) {
  struct stat facts;
  return stat(path, &facts) != 0;
}

bool zd_trust_is_hashed(const char *folder, const char *bundle) {
  size_t links = count_links(folder);
  if (links == 0 || is_missing(bundle))
    return links > 0;
  return is_older(bundle, folder) && holds_at_most(bundle, links);
}

bool zd_trust_folder_suffices(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->age < CURLVERSION_SEVENTH || info->cainfo == NULL ||
      info->capath == NULL || info->ssl_version == NULL)
    return false;
  /* Looking certificates up by hash is OpenSSL's way; others read all. */
  if (strncmp(info->ssl_version, "OpenSSL", 7) != 0 &&
      strncmp(info->ssl_version, "LibreSSL", 8) != 0)
    return false;
  return zd_trust_is_hashed(info->capath, info->cainfo);
}
