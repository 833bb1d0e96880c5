/* global: see global.h. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* dladdr, RTLD_NODELETE */
#endif

#include "global.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

/* A mutex and not pthread_once, which the tools that look for races do not
 * know. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static bool known;
static CURLcode outcome;
static const char *encodings;

/* libcurl looks names up in threads of its own, and one that is given up runs
 * on until the resolver returns. Were libcurl unloaded with this module before
 * that, as lua_close does, the thread would return into nothing. */
static void pin_libcurl(void) {
#if defined(RTLD_NODELETE) && defined(RTLD_NOLOAD)
  Dl_info info;
  const curl_version_info_data *here = curl_version_info(CURLVERSION_NOW);
  if (dladdr(here, &info) != 0 && info.dli_fname != NULL)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
#endif
}

/* curl_version_info writes its static reply anew each time it is asked. */
static const char *find_encodings(void) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  bool gzip = (info->features & CURL_VERSION_LIBZ) != 0;
  bool brotli = (info->features & CURL_VERSION_BROTLI) != 0;
  if (gzip && brotli)
    return "Accept-Encoding: gzip, br";
  if (gzip)
    return "Accept-Encoding: gzip";
  return brotli ? "Accept-Encoding: br" : "Accept-Encoding: identity";
}

static CURLcode init_once(bool by_host) {
  pthread_mutex_lock(&guard);
  if (!known) {
    known = true;
#if defined(ZD_NO_CURL_GLOBAL_INIT)
    (void)by_host;
    outcome = CURLE_OK;
#else
    outcome = by_host ? CURLE_OK : curl_global_init(CURL_GLOBAL_DEFAULT);
#endif
    encodings = find_encodings();
    pin_libcurl();
  }
  CURLcode result = outcome;
  pthread_mutex_unlock(&guard);
  return result;
}

void zd_global_leave_init(void) {
  (void)init_once(true);
}

enum zd_status zd_global_init(void) {
  return init_once(false) == CURLE_OK ? ZD_OK : ZD_NOMEM;
}

void zd_global_versions(struct zd_versions *versions) {
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  versions->curl = info->version;
  versions->ssl = info->ssl_version;
  versions->zlib = info->libz_version;
  versions->brotli = info->brotli_version;
  versions->nghttp2 = info->nghttp2_version;
}

const char *zd_global_encodings(void) {
  return encodings;
}

const char *zd_global_feature(unsigned index) {
  static const struct {
    int bit;
    const char *name;
  } features[] = {
      {CURL_VERSION_SSL, "ssl"},
      {CURL_VERSION_HTTP2, "http2"},
      {CURL_VERSION_LIBZ, "gzip"},
      {CURL_VERSION_BROTLI, "brotli"},
      {CURL_VERSION_ZSTD, "zstd"},
      {CURL_VERSION_ASYNCHDNS, "asynchdns"},
      {CURL_VERSION_IPV6, "ipv6"},
      {CURL_VERSION_IDN, "idn"},
      {CURL_VERSION_THREADSAFE, "threadsafe"},
  };
  if (index >= sizeof(features) / sizeof(features[0]))
    return NULL;
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  return (info->features & features[index].bit) != 0 ? features[index].name
                                                     : "";
}
