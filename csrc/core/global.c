/* global: see global.h. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* dladdr, RTLD_NODELETE, strdup */
#endif

#include "global.h"

#include <dlfcn.h>
#if defined(__GLIBC__)
#include <link.h>
#endif
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "secret.h"

#if defined(__APPLE__)
#include <malloc/malloc.h>
#define ZD_BLOCK_SIZE(memory) malloc_size(memory)
#elif defined(__FreeBSD__)
#include <malloc_np.h>
#define ZD_BLOCK_SIZE(memory) malloc_usable_size(memory)
#elif defined(__linux__)
#include <malloc.h>
#define ZD_BLOCK_SIZE(memory) malloc_usable_size(memory)
#endif

/* A mutex and not pthread_once, which the tools that look for races do not
 * know. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static bool known;
static CURLcode outcome;
static const char *encodings;
static bool noisy;

/* Whether it is the program itself, which nobody unloads. */
static bool is_in_program(const void *inside) {
#if defined(__GLIBC__)
  Dl_info info;
  struct link_map *map = NULL;
  if (dladdr1(inside, &info, (void **)&map, RTLD_DL_LINKMAP) != 0)
    return map != NULL && map->l_name[0] == '\0';
#endif
  (void)inside;
  return false;
}

/* Keeps the library that `inside` is a part of in memory, whoever closes it.
 * False when it may go. */
static bool pin(const void *inside) {
  if (is_in_program(inside))
    return true;
#if defined(RTLD_NODELETE) && defined(RTLD_NOLOAD)
  Dl_info info;
  if (dladdr(inside, &info) != 0 && info.dli_fname != NULL)
    return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) !=
           NULL;
#endif
  return false;
}

#if defined(ZD_BLOCK_SIZE) && !defined(ZD_NO_CURL_GLOBAL_INIT)

/* libcurl's memory. It frees what it has sent as it is, credentials included,
 * so here every block is wiped on its way back. The blocks are the process's
 * own malloc's: whoever frees one by other means does no harm. */

enum {
  FEW_WORDS = 8,
  ROOM = 512 /* given at once to what grows */
};

static unsigned long failures; /* of allocations, in any thread */
static bool in_use;            /* libcurl does call here */

static void *counted(void *memory) {
  if (memory == NULL)
    __atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED);
  return memory;
}

static void *give_block(size_t size) {
  return counted(malloc(size));
}

static void *give_zeroed(size_t count, size_t size) {
  return counted(calloc(count, size));
}

/* Most blocks are a few words; a call would cost more than they do. */
static void take_block(void *memory) {
  if (memory == NULL)
    return;
  size_t size = ZD_BLOCK_SIZE(memory);
  volatile uint64_t *word = memory;
  if (size > FEW_WORDS * sizeof(*word) || size % sizeof(*word) != 0)
    zd_wipe(memory, size);
  else
    for (size_t i = 0; i < size / sizeof(*word); i++)
      word[i] = 0;
  free(memory);
}

/* Never in place by realloc: what moves leaves nothing behind. libcurl's
 * buffers begin with 32 bytes and double; most requests fit into the first
 * block here.
 */
static void *resize_block(void *old, size_t size) {
  size_t had = old == NULL ? 0 : ZD_BLOCK_SIZE(old);
  if (had >= size && size > 0)
    return old;
  void *made = give_block(size < ROOM ? ROOM : size);
  if (made == NULL || old == NULL)
    return made;
  memcpy(made, old, had < size ? had : size);
  take_block(old);
  return made;
}

static char *give_copy(const char *text) {
  if (!in_use) /* the first time, under the guard; from then on only read */
    in_use = true;
  return counted(strdup(text));
}

/* A host that has initialised libcurl without telling keeps its functions. */
static void find_out_in_use(void) {
  curl_slist_free_all(curl_slist_append(NULL, "libcurl"));
}

static CURLcode init_libcurl(void) {
  if (!pin(&guard)) /* libcurl may outlive what it would call */
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLcode code =
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, give_block, take_block,
                           resize_block, give_copy, give_zeroed);
  if (code == CURLE_OK)
    find_out_in_use();
  return code;
}

bool zd_global_watches_memory(void) {
  return in_use;
}

unsigned long zd_global_memory_failures(void) {
  return __atomic_load_n(&failures, __ATOMIC_RELAXED);
}

#else

#if !defined(ZD_NO_CURL_GLOBAL_INIT)
static CURLcode init_libcurl(void) {
  return curl_global_init(CURL_GLOBAL_DEFAULT);
}
#endif

bool zd_global_watches_memory(void) {
  return false;
}

unsigned long zd_global_memory_failures(void) {
  return 0;
}

#endif

/* libcurl looks names up in threads of its own, and one that is given up runs
 * on until the resolver returns. Were libcurl unloaded with this module before
 * that, as lua_close does, the thread would return into nothing. Where it calls
 * back for its memory, this module stays, and keeps what it is linked with. */
static void pin_libcurl(void) {
  if (!zd_global_watches_memory())
    pin(curl_version_info(CURLVERSION_NOW));
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
    outcome = by_host ? CURLE_OK : init_libcurl();
#endif
    encodings = find_encodings();
    noisy = curl_version_info(CURLVERSION_NOW)->version_num < 0x075700;
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

bool zd_global_is_noisy(void) {
  return noisy;
}

const char *zd_global_encodings(void) {
  return encodings;
}

#if !defined(CURL_VERSION_THREADSAFE) /* before libcurl 7.84 */
#define CURL_VERSION_THREADSAFE 0
#endif

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
