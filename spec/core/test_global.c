/* test_global: libcurl's memory is the module's business where the module has
 * initialised libcurl, and the host's where that one has. Each in a process of
 * its own, for it is done once. */
#define _POSIX_C_SOURCE 200809L

#include "core/global.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "check.h"
#include "zendesk.h" /* lua.h is not on the path here */

static unsigned long counted_mallocs;

static void *counting_malloc(size_t size) {
  counted_mallocs++;
  return malloc(size);
}

static void the_module_sees_libcurls_memory(void) {
  CHECK(zd_global_init() == ZD_OK);
  CHECK(zd_global_watches_memory());
  CHECK(zd_global_memory_failures() == 0);
  zd_global_leave_init(); /* too late, and no harm */
  CHECK(zd_global_init() == ZD_OK);
  CHECK(zd_global_watches_memory());
}

static void a_host_keeps_its_own_functions(void) {
  CHECK(curl_global_init_mem(CURL_GLOBAL_DEFAULT, counting_malloc, free,
                             realloc, strdup, calloc) == CURLE_OK);
  CHECK(zd_global_init() == ZD_OK); /* not told of it */
  CHECK(!zd_global_watches_memory());
  counted_mallocs = 0;
  curl_slist_free_all(curl_slist_append(NULL, "x"));
  CHECK(counted_mallocs > 0);
}

static void a_host_says_that_it_has_done_it(void) {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  zd_global_leave_init();
  CHECK(zd_global_init() == ZD_OK);
  CHECK(!zd_global_watches_memory());
}

/* libcurl grows and moves blocks, frees all of them and NULL. */
static void blocks_are_resized(void) {
  CHECK(zd_global_init() == ZD_OK);
  CURL *easy = curl_easy_init();
  char long_text[4000];
  memset(long_text, '%', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  char *escaped = curl_easy_escape(easy, long_text, 0);
  CHECK(escaped != NULL && strlen(escaped) == 3 * (sizeof long_text - 1));
  CHECK(escaped != NULL && strncmp(escaped, "%25%25", 6) == 0);
  curl_free(escaped);
  curl_free(NULL);
  curl_easy_cleanup(easy);
}

static void in_its_own_process(void (*test)(void)) {
  int status = -1;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    test();
    fflush(stdout);
    _exit(check_result());
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  in_its_own_process(the_module_sees_libcurls_memory);
  in_its_own_process(a_host_keeps_its_own_functions);
  in_its_own_process(a_host_says_that_it_has_done_it);
  in_its_own_process(blocks_are_resized);
  return check_result();
}
