/* measure: what every C client of the bench has in common: its arguments, its
 * clocks, and the one line of JSON that it prints. A failure ends the program
 * with a message and 1. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <curl/curl.h>

struct bench_job {
  const char *work; /* get, post, page, walk, create, cold */
  const char *base_url;
  long count;
  long in_flight; /* create alone */
};

struct bench_clock {
  double wall, cpu;
};

struct bench_job bench_arguments(int argc, char **argv);
struct bench_clock bench_now(void);

/* Prints the line: what has passed since `start`, and the peak of memory. */
void bench_report(const struct bench_job *job, struct bench_clock start);

void bench_fail(const char *what, const char *why);

/* A handle as the module sets one up: credential, JSON headers, BENCH_CA as
 * the trust where it is given, HTTP/2 where it is offered. */
CURL *bench_handle(void);
void bench_url(CURL *easy, const char *base_url, const char *path);
void bench_token_body(CURL *easy);

/* Fails unless the transfer went well and the status is 2xx. */
void bench_check(CURL *easy, CURLcode result);

extern const char bench_get_path[], bench_token_path[], bench_page_path[];

#endif
