/* test_no_ca_path: a libcurl whose TLS library knows no folders of
 * certificates, as rustls does not. This program's own curl_easy_setopt stands
 * before libcurl's. */
#define _GNU_SOURCE

#include "core/engine.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include <curl/curl.h>

#include "check.h"

#undef curl_easy_setopt

/* Every value is a pointer, a long or a curl_off_t: of one size here. */
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
  CURLcode (*next)(CURL *, CURLoption, ...);
  void *found = dlsym(RTLD_NEXT, "curl_easy_setopt");
  memcpy(&next, &found, sizeof next);
  va_list values;
  va_start(values, option);
  void *value = va_arg(values, void *);
  va_end(values);
  return option == CURLOPT_CAPATH ? CURLE_NOT_BUILT_IN
                                  : next(easy, option, value);
}

static struct zd_text text(const char *data) {
  struct zd_text made = {data, data == NULL ? 0 : strlen(data)};
  return made;
}

static enum zd_status submit(struct zd_engine *engine, const char *ca_file,
                             const char *ca_path, struct zd_refusal *refusal) {
  struct zd_account_options options;
  struct zd_account *account = NULL;
  struct zd_request request;
  struct zd_transfer *transfer = NULL;
  memset(&options, 0, sizeof options);
  options.base_url = text("https://127.0.0.1:1");
  options.ca_file = text(ca_file);
  options.ca_path = text(ca_path);
  CHECK(zd_account_new(&options, &account, refusal) == ZD_OK);
  memset(&request, 0, sizeof request);
  request.method = "GET";
  request.path = text("/");
  request.timeout_ms = request.connect_timeout_ms = 1000;
  request.max_body = 1000;
  CHECK(zd_engine_transfer(engine, &transfer) == ZD_OK);
  enum zd_status status =
      zd_engine_submit(transfer, account, &request, refusal);
  zd_engine_close_transfer(transfer);
  zd_account_free(account);
  return status;
}

int main(void) {
  struct zd_engine_options options = {false, 0};
  struct zd_engine *engine = NULL;
  struct zd_refusal refusal = {NULL, NULL};
  CHECK(zd_engine_new(&options, &engine) == ZD_OK);
  CHECK(submit(engine, NULL, NULL, &refusal) == ZD_OK);
  CHECK(submit(engine, "/ca.pem", NULL, &refusal) == ZD_OK);
  CHECK(submit(engine, NULL, "/certs", &refusal) == ZD_BAD_VALUE);
  CHECK(strcmp(refusal.option, "ca_path") == 0);
  CHECK(submit(engine, "/ca.pem", NULL, &refusal) == ZD_OK);
  zd_engine_free(engine);
  return check_result();
}
