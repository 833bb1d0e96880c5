/* floor: bare C on libcurl, without JSON. What nobody who uses libcurl can be
 * faster than: one easy handle for one request after the other, the multi
 * interface for creations side by side. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void perform(CURL *easy) {
  bench_check(easy, curl_easy_perform(easy));
}

/* The first request opens the connection and is not counted. */
static void run_repeated(const struct bench_job *job, CURL *easy) {
  perform(easy);
  struct bench_clock start = bench_now();
  for (long index = 0; index < job->count; index++)
    perform(easy);
  bench_report(job, start);
}

/* The cursors of the server are known: page 7 is "p7". */
static void run_walk(const struct bench_job *job, CURL *easy) {
  struct bench_clock start = bench_now();
  for (long page = 1; page <= job->count; page++) {
    char path[160];
    snprintf(path, sizeof path, "%s&page%%5Bafter%%5D=p%ld", bench_page_path,
             page);
    bench_url(easy, job->base_url, page == 1 ? bench_page_path : path);
    perform(easy);
  }
  bench_report(job, start);
}

/* Takes what has ended and puts the handle to use again. Returns how many
 * have ended. */
static long collect(CURLM *multi, long *left_to_start) {
  long ended = 0;
  int queued;
  for (;;) {
    CURLMsg *message = curl_multi_info_read(multi, &queued);
    if (message == NULL)
      return ended;
    if (message->msg != CURLMSG_DONE)
      continue;
    CURL *easy = message->easy_handle;
    bench_check(easy, message->data.result);
    curl_multi_remove_handle(multi, easy);
    ended++;
    if (*left_to_start > 0) {
      (*left_to_start)--;
      curl_multi_add_handle(multi, easy);
    }
  }
}

static void add_handles(const struct bench_job *job, CURLM *multi, long many) {
  for (long index = 0; index < many; index++) {
    CURL *easy = bench_handle();
    bench_url(easy, job->base_url, bench_token_path);
    bench_token_body(easy);
    /* HTTP/2: all on one connection, as soon as it is known to be one. */
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, getenv("BENCH_HTTP2") ? 1L : 0L);
    curl_multi_add_handle(multi, easy);
  }
}

static void run_create(const struct bench_job *job) {
  struct bench_clock start = bench_now();
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, job->in_flight);
  long first = job->in_flight < job->count ? job->in_flight : job->count;
  long left_to_start = job->count - first, ended = 0;
  int running;
  add_handles(job, multi, first);
  while (ended < job->count) {
    curl_multi_perform(multi, &running);
    ended += collect(multi, &left_to_start);
    if (ended < job->count)
      curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  bench_report(job, start);
}

static const char *path_of(const char *work) {
  if (strcmp(work, "post") == 0)
    return bench_token_path;
  return strcmp(work, "page") == 0 ? bench_page_path : bench_get_path;
}

int main(int argc, char **argv) {
  struct bench_job job = bench_arguments(argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *easy = bench_handle();
  if (strcmp(job.work, "create") == 0) {
    run_create(&job);
  } else if (strcmp(job.work, "walk") == 0) {
    run_walk(&job, easy);
  } else if (strcmp(job.work, "cold") == 0) {
    bench_url(easy, job.base_url, bench_get_path);
    perform(easy);
    puts("done");
    fflush(stdout); /* at once, as the others print it */
  } else {
    bench_url(easy, job.base_url, path_of(job.work));
    if (strcmp(job.work, "post") == 0)
      bench_token_body(easy);
    run_repeated(&job, easy);
  }
  return 0;
}
