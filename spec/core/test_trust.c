/* test_trust: hashed folders, and libcurl's initialisation from many threads.
 */
#define _POSIX_C_SOURCE 200809L

#include "core/trust.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "core/global.h"

static char folder[] = "/tmp/zd_test_trust_XXXXXX";

static void make_path(const char *name, char path[256]) {
  snprintf(path, 256, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text) {
  char path[256];
  make_path(name, path);
  FILE *file = fopen(path, "w");
  CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void set_age(const char *name, time_t seconds) {
  char path[256];
  struct timespec times[2];
  make_path(name, path);
  memset(times, 0, sizeof times);
  times[0].tv_sec = times[1].tv_sec = time(NULL) - seconds;
  CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static bool is_hashed(void) {
  char bundle[256];
  make_path("bundle.crt", bundle);
  return zd_trust_is_hashed(folder, bundle);
}

static void remove_file(const char *name) {
  char path[256];
  make_path(name, path);
  unlink(path);
}

static void remove_folder(const char *const names[], size_t count) {
  for (size_t i = 0; i < count; i++)
    remove_file(names[i]);
  CHECK(rmdir(folder) == 0);
}

static const char TWO[] = "# ours\n"
                          "-----BEGIN CERTIFICATE-----\nMII\n"
                          "-----END CERTIFICATE-----\n"
                          "-----BEGIN CERTIFICATE-----\r\nMII\r\n"
                          "-----END CERTIFICATE-----\r\n";

static void a_folder_is_hashed_with_a_link_for_each_certificate(void) {
  static const char *const names[] = {
      "bundle.crt",   "12ab5678.0",     "12ab5678.12", "ca.pem",
      "1234567.0",    "123456789.0",    "12345678.r0", "1234567g.0",
      "12345678.pem", "12345678.0.pem", "12345678."};
  const size_t count = sizeof names / sizeof names[0];
  CHECK(mkdtemp(folder) != NULL);
  CHECK(!is_hashed());
  write_file("bundle.crt", TWO);
  for (size_t i = 3; i < count; i++)
    write_file(names[i], "");
  CHECK(!is_hashed());
  write_file("12ab5678.0", "");
  CHECK(!is_hashed());
  write_file("12ab5678.12", "");
  CHECK(is_hashed());
  set_age(".", 60);
  CHECK(!is_hashed());
  set_age("bundle.crt", 60);
  CHECK(is_hashed());
  write_file("bundle.crt", "");
  set_age("bundle.crt", 60);
  CHECK(!is_hashed());
  remove_file("bundle.crt");
  CHECK(is_hashed());
  remove_folder(names, count);
  CHECK(!is_hashed());
}

static void *initialise(void *outcome) {
  *(enum zd_status *)outcome = zd_global_init();
  return NULL;
}

static void libcurl_is_initialised_from_any_thread(void) {
  pthread_t threads[8];
  enum zd_status outcomes[8];
  for (int i = 0; i < 8; i++)
    CHECK(pthread_create(&threads[i], NULL, initialise, &outcomes[i]) == 0);
  for (int i = 0; i < 8; i++) {
    pthread_join(threads[i], NULL);
    CHECK(outcomes[i] == ZD_OK);
  }
  CHECK(zd_global_init() == ZD_OK);
}

static void versions_and_features_are_told(void) {
  struct zd_versions versions;
  bool tls = false;
  zd_global_versions(&versions);
  CHECK(versions.curl != NULL && versions.ssl != NULL);
  for (unsigned i = 0; zd_global_feature(i) != NULL; i++)
    tls = tls || strcmp(zd_global_feature(i), "ssl") == 0;
  CHECK(tls);
  CHECK(strncmp(zd_global_encodings(), "Accept-Encoding: ", 17) == 0);
}

int main(void) {
  a_folder_is_hashed_with_a_link_for_each_certificate();
  libcurl_is_initialised_from_any_thread();
  versions_and_features_are_told();
  return check_result();
}
