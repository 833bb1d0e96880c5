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

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode outcome = CURLE_FAILED_INIT;

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

static void init_libcurl(void) {
#if defined(ZD_NO_CURL_GLOBAL_INIT)
  outcome = CURLE_OK;
#else
  outcome = curl_global_init(CURL_GLOBAL_DEFAULT);
#endif
  pin_libcurl();
}

static void leave_libcurl(void) {
  outcome = CURLE_OK;
  pin_libcurl();
}

void zd_global_leave_init(void) {
  pthread_once(&once, leave_libcurl);
}

enum zd_status zd_global_init(void) {
  if (pthread_once(&once, init_libcurl) != 0 || outcome != CURLE_OK)
    return ZD_NOMEM;
  return ZD_OK;
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
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  bool gzip = (info->features & CURL_VERSION_LIBZ) != 0;
  bool brotli = (info->features & CURL_VERSION_BROTLI) != 0;
  if (gzip && brotli)
    return "Accept-Encoding: gzip, br";
  if (gzip)
    return "Accept-Encoding: gzip";
  return brotli ? "Accept-Encoding: br" : "Accept-Encoding: identity";
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
