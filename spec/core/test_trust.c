/* test_trust: hashed folders, and libcurl's initialisation from many threads.
 */
#define _POSIX_C_SOURCE 200809L

#include "core/trust.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "core/global.h"

static char folder[] = "/tmp/zd_test_trust_XXXXXX";

static void make_file(const char *name, char path[256]) {
  snprintf(path, 256, "%s/%s", folder, name);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  CHECK(fd >= 0);
  close(fd);
}

static void a_folder_is_hashed_when_it_has_a_hash_link(void) {
  static const char *const others[] = {"ca.pem",      "1234567.0",
                                       "123456789.0", "12345678.1",
                                       "1234567g.0",  "12345678.0.pem"};
  char paths[sizeof others / sizeof others[0]][256];
  char link[256];
  CHECK(mkdtemp(folder) != NULL);
  CHECK(!zd_trust_is_hashed(folder));
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    make_file(others[i], paths[i]);
  CHECK(!zd_trust_is_hashed(folder));
  make_file("12ab5678.0", link);
  CHECK(zd_trust_is_hashed(folder));
  unlink(link);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    unlink(paths[i]);
  rmdir(folder);
  CHECK(!zd_trust_is_hashed(folder));
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
  a_folder_is_hashed_when_it_has_a_hash_link();
  libcurl_is_initialised_from_any_thread();
  versions_and_features_are_told();
  return check_result();
}
