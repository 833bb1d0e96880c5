/* transfer: see transfer.h. This file has the life of a transfer and what it
 * tells; transfer_setup.c configures libcurl for it. */
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "global.h"
#include "secret.h"
#include "transfer_impl.h"

/* Memory for a body that a transfer may keep for the next request. */
enum { IDLE_UPLOAD = 4 * 1024 };

static enum zd_status status_of(CURLcode code) {
  switch (code) {
  case CURLE_OUT_OF_MEMORY:
    return ZD_NOMEM;
#if LIBCURL_VERSION_NUM >= 0x080600
  case CURLE_TOO_LARGE:
    return ZD_TOO_LARGE;
#endif
  case CURLE_OPERATION_TIMEDOUT:
    return ZD_TIMEOUT;
  case CURLE_BAD_CONTENT_ENCODING:
    return ZD_DECODE;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_USE_SSL_FAILED:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_SHUTDOWN_FAILED:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return ZD_TLS;
  default:
    return ZD_TRANSPORT;
  }
}

/* Only what is proved counts as not sent: no connection was ready, not one byte
 * of the request was handed on, or the server has said in a GOAWAY that it did
 * not take the request up. libcurl gives such a request up when its connection
 * has nothing else to do. */
static bool may_have_arrived(const struct zd_transfer *transfer) {
  long bytes = 0;
  if (transfer->attempts == 0)
    return false;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes > transfer->bytes_before &&
         !zd_goaways_prove(&transfer->crowd->goaways, &transfer->stream);
}

/* A reply that fits into a small buffer. */
enum { SHORT_REPLY = 4 * 1024 };

static void end_transfer(struct zd_transfer *transfer, enum zd_status status,
                         const char *why) {
  transfer->state = ZD_TRANSFER_DONE;
  transfer->status = status;
  transfer->why = why;
}

static enum zd_status check_reply(struct zd_transfer *transfer) {
  curl_off_t received = 0;
  long version = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  if (!transfer->http1)
    transfer->route->http1_only = version != CURL_HTTP_VERSION_2_0;
  struct zd_exchange exchange = {
      (int64_t)received, transfer->route->origin.https,
      version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1};
  return zd_reply_check(&transfer->reply, &exchange);
}

/* Above 100 KiB. libcurl before 8.6 says that it has run out of memory then. It
 * has not when a reply had begun and no allocation failed. */
static bool is_line_too_long(const struct zd_transfer *transfer,
                             CURLcode code) {
  curl_off_t first_byte = 0;
#if LIBCURL_VERSION_NUM >= 0x080600
  if (code == CURLE_TOO_LARGE)
    return true;
#endif
  if (code != CURLE_OUT_OF_MEMORY || !zd_global_watches_memory() ||
      zd_global_memory_failures() != transfer->failures_before)
    return false;
  curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  return first_byte > 0;
}

/* libcurl's message then quotes the address, with its password. */
static bool is_proxy_unusable(const struct zd_transfer *transfer) {
  static const char START[] = "Unsupported proxy ";
  return strncmp(transfer->error, START, sizeof(START) - 1) == 0;
}

static void wipe_error(struct zd_transfer *transfer) {
  zd_wipe(transfer->error, strlen(transfer->error));
}

static void end_by_libcurl(struct zd_transfer *transfer, CURLcode code) {
  if (is_proxy_unusable(transfer)) {
    wipe_error(transfer);
    end_transfer(transfer, ZD_BAD_VALUE,
                 "the address of the proxy is not usable");
    return;
  }
  end_transfer(transfer, status_of(code),
               transfer->error[0] != '\0' ? transfer->error
                                          : curl_easy_strerror(code));
}

void zd_transfer_finish(struct zd_transfer *transfer, CURLcode code) {
  transfer->code = code;
  transfer->was_short = transfer->reply.body.len < SHORT_REPLY;
  transfer->sent = code == CURLE_OK || may_have_arrived(transfer);
  if (code == CURLE_OK && transfer->reply.failure == ZD_OK &&
      check_reply(transfer) == ZD_OK)
    end_transfer(transfer, ZD_OK, "");
  else if (transfer->reply.failure != ZD_OK)
    end_transfer(transfer, transfer->reply.failure, transfer->reply.why);
  else if (transfer->repeat_refused)
    end_transfer(transfer, ZD_TRANSPORT,
                 "the kept connection died after the request had been sent; "
                 "it is not sent again");
  else if (is_line_too_long(transfer, code))
    end_transfer(transfer, ZD_TOO_LARGE,
                 "a header line of the reply is too long");
  else
    end_by_libcurl(transfer, code);
}

void zd_transfer_abandon(struct zd_transfer *transfer, enum zd_status status,
                         const char *why) {
  transfer->sent = may_have_arrived(transfer);
  end_transfer(transfer, status, why);
}

struct zd_buf *zd_transfer_upload(struct zd_transfer *transfer) {
  transfer->upload.max = ZD_UPLOAD_MAX;
  return &transfer->upload;
}

bool zd_transfer_done(const struct zd_transfer *transfer) {
  return transfer->state == ZD_TRANSFER_DONE;
}

void zd_transfer_outcome(const struct zd_transfer *transfer,
                         struct zd_outcome *outcome) {
  outcome->status = transfer->status;
  outcome->http_status = transfer->reply.status;
  outcome->message = transfer->why;
  outcome->sent = transfer->sent;
  outcome->curl_code = (int)transfer->code;
}

static double seconds_of(CURL *easy, CURLINFO what) {
  curl_off_t microseconds = 0;
  curl_easy_getinfo(easy, what, &microseconds);
  return (double)microseconds / 1e6;
}

static long long bytes_of(CURL *easy, CURLINFO what) {
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy, what, &bytes);
  return (long long)bytes;
}

static const char *version_name(CURL *easy) {
  long version = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  switch (version) {
  case CURL_HTTP_VERSION_1_0:
    return "1.0";
  case CURL_HTTP_VERSION_1_1:
    return "1.1";
  case CURL_HTTP_VERSION_2_0:
    return "2";
  case CURL_HTTP_VERSION_3:
    return "3";
  default:
    return "";
  }
}

void zd_transfer_timings(const struct zd_transfer *transfer,
                         struct zd_timings *timings) {
  CURL *easy = transfer->easy;
  const char *ip = NULL;
  timings->total = seconds_of(easy, CURLINFO_TOTAL_TIME_T);
  timings->name_lookup = seconds_of(easy, CURLINFO_NAMELOOKUP_TIME_T);
  timings->connect = seconds_of(easy, CURLINFO_CONNECT_TIME_T);
  timings->tls = seconds_of(easy, CURLINFO_APPCONNECT_TIME_T);
  timings->first_byte = seconds_of(easy, CURLINFO_STARTTRANSFER_TIME_T);
  timings->upload = bytes_of(easy, CURLINFO_SIZE_UPLOAD_T);
  timings->download = bytes_of(easy, CURLINFO_SIZE_DOWNLOAD_T);
  timings->new_connections = 0;
  timings->port = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &timings->new_connections);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &timings->port);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
  timings->ip = ip == NULL ? "" : ip;
  timings->http_version = version_name(easy);
}

struct zd_slice zd_transfer_head(const struct zd_transfer *transfer) {
  struct zd_slice head = {transfer->reply.head.data, transfer->reply.head.len};
  return head;
}

struct zd_slice zd_transfer_body(const struct zd_transfer *transfer) {
  struct zd_slice body = {transfer->reply.body.data, transfer->reply.body.len};
  return body;
}

/* A handle that has seen an error, or a connection die, starts afresh: libcurl
 * before 8 counts such deaths over a handle's life and fails at the sixth. */
static void cool_down(struct zd_transfer *transfer) {
  if (transfer->status == ZD_OK && transfer->attempts == 1)
    return;
  zd_transfer_drop_route(transfer);
}

void zd_transfer_reset(struct zd_transfer *transfer) {
  cool_down(transfer);
  zd_credential_release(transfer->credential);
  transfer->credential = NULL;
  if (transfer->upload.cap > IDLE_UPLOAD)
    zd_buf_free(&transfer->upload);
  else
    zd_buf_reset(&transfer->upload);
  zd_buf_reset(&transfer->text);
  transfer->own_lines = 0;
  transfer->repeatable = false;
  transfer->repeat_refused = false;
  transfer->opened = false;
  transfer->attempts = 0;
  transfer->bytes_before = 0;
  zd_transfer_trace(transfer, false);
  zd_stream_forget(&transfer->stream);
  zd_reply_reset(&transfer->reply);
  transfer->status = ZD_OK;
  transfer->code = CURLE_OK;
  transfer->sent = false;
  transfer->why = "";
  wipe_error(transfer);
  transfer->state = ZD_TRANSFER_NEW;
}

void zd_transfer_destroy(struct zd_transfer *transfer) {
  zd_transfer_drop_route(transfer);
  curl_easy_cleanup(transfer->easy);
  zd_credential_release(transfer->credential);
  zd_buf_free(&transfer->upload);
  zd_buf_free(&transfer->text);
  zd_buf_free(&transfer->target);
  zd_reply_free(&transfer->reply);
  free(transfer);
}
