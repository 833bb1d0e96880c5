/* measure: see measure.h. */
#define _POSIX_C_SOURCE 200809L

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>
#include <time.h>

const char bench_get_path[] = "/api/v2/users/me.json";
const char bench_token_path[] = "/api/v2/oauth/tokens.json";
const char bench_page_path[] = "/api/v2/tickets.json?page%5Bsize%5D=100";

static const char token_body[] =
    "{\"token\":{\"client_id\":223443,\"scopes\":[\"tickets:read\"]}}";

void bench_fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

struct bench_job bench_arguments(int argc, char **argv) {
  struct bench_job job = {0};
  if (argc < 4)
    bench_fail("usage", "WORK BASE_URL COUNT [IN_FLIGHT]");
  job.work = argv[1];
  job.base_url = argv[2];
  job.count = atol(argv[3]);
  job.in_flight = argc > 4 ? atol(argv[4]) : 1;
  return job;
}

static double seconds(struct timeval time) {
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct bench_clock bench_now(void) {
  struct timespec time;
  struct rusage usage;
  clock_gettime(CLOCK_MONOTONIC, &time);
  getrusage(RUSAGE_SELF, &usage);
  return (struct bench_clock){
      (double)time.tv_sec + (double)time.tv_nsec / 1e9,
      seconds(usage.ru_utime) + seconds(usage.ru_stime),
  };
}

/* Not ru_maxrss, which counts what the parent was before exec. */
static long peak_kb(void) {
  FILE *status = fopen("/proc/self/status", "r");
  char line[256];
  long peak = 0;
  if (status == NULL)
    return 0;
  while (peak == 0 && fgets(line, sizeof line, status) != NULL)
    if (sscanf(line, "VmHWM: %ld", &peak) != 1)
      peak = 0;
  fclose(status);
  return peak;
}

void bench_report(const struct bench_job *job, struct bench_clock start) {
  struct bench_clock end = bench_now();
  printf("{\"work\":\"%s\",\"count\":%ld,\"wall\":%.6f,\"cpu\":%.6f,"
         "\"rss_kb\":%ld}\n",
         job->work, job->count, end.wall - start.wall, end.cpu - start.cpu,
         peak_kb());
}

static size_t swallow(char *data, size_t size, size_t count, void *user) {
  (void)data;
  (void)user;
  return size * count;
}

CURL *bench_handle(void) {
  static struct curl_slist *headers;
  const char *ca_file = getenv("BENCH_CA");
  CURL *easy = curl_easy_init();
  if (headers == NULL) {
    headers = curl_slist_append(headers, "Authorization: Bearer test-token");
    headers = curl_slist_append(headers, "Accept: application/json");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
  if (ca_file != NULL) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  return easy;
}

void bench_url(CURL *easy, const char *base_url, const char *path) {
  char url[512];
  snprintf(url, sizeof url, "%s%s", base_url, path);
  curl_easy_setopt(easy, CURLOPT_URL, url);
}

void bench_token_body(CURL *easy) {
  static struct curl_slist *headers;
  if (headers == NULL) {
    headers = curl_slist_append(headers, "Authorization: Bearer test-token");
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Content-Type: application/json");
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, token_body);
}

void bench_check(CURL *easy, CURLcode result) {
  long status = 0;
  if (result != CURLE_OK)
    bench_fail("libcurl", curl_easy_strerror(result));
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (status / 100 != 2)
    bench_fail("HTTP", "the status is not 2xx");
}
