/* trust: see trust.h. */
#define _POSIX_C_SOURCE 200809L

#include "trust.h"

#include <dirent.h>
#include <stddef.h>
#include <string.h>

#include <curl/curl.h>

enum { HASH_DIGITS = 8 };

static bool is_hash_link(const char *name) {
  return strspn(name, "0123456789abcdef") == HASH_DIGITS &&
         strcmp(name + HASH_DIGITS, ".0") == 0;
}

bool zd_trust_is_hashed(const char *path) {
  DIR *folder = opendir(path);
  bool found = false;
  if (folder == NULL)
    return false;
  for (;;) {
    const struct dirent *entry = readdir(folder);
    if (entry == NULL)
      break;
    found = is_hash_link(entry->d_name);
    if (found)
      break;
  }
  closedir(folder);
  return found;
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
  return zd_trust_is_hashed(info->capath);
}
