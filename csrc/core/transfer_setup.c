/* transfer_setup: from a request to a configured easy handle.
 *
 * What is set here is set for every request that is not like the one before, so
 * that nothing of an earlier one remains; transfer_options.c has what a route
 * keeps. */
#include <string.h>

#include "clock.h"
#include "credential.h"
#include "global.h"
#include "transfer_impl.h"

/* A body that is longer goes over HTTP/1.1. When a server answers before it has
 * read such a body, libcurl's HTTP/2 (seen with 7.88) spins until the timeout;
 * and a long upload would hold up what shares its connection. libcurl asks for
 * leave to send ("Expect: 100-continue") only well above this, so that the line
 * which forbids it need not burden the short ones. */
#define LONG_BODY ((size_t)60 * 1024)

#define SMALL_BUFFER (4 * 1024L)
#define LARGE_BUFFER (16 * 1024L) /* the default */

static bool is_method(const struct zd_request *request, const char *method) {
  return strcmp(request->method, method) == 0;
}

/* POST, PUT and PATCH always announce a body, be it an empty one: servers and
 * proxies answer 411 otherwise. */
static bool announces_body(const struct zd_request *request) {
  return request->body.data != NULL || is_method(request, "POST") ||
         is_method(request, "PUT") || is_method(request, "PATCH");
}

/* The body, in memory that stays where it is until the exchange is over. */
static enum zd_status hold_body(struct zd_transfer *transfer,
                                const struct zd_request *request,
                                const char **body) {
  *body = request->body.data == NULL ? "" : request->body.data;
  if (!request->copy_body || request->body.len == 0)
    return ZD_OK;
  transfer->upload.max = request->body.len;
  enum zd_status status =
      zd_buf_append(&transfer->upload, *body, request->body.len);
  *body = transfer->upload.data;
  return status;
}

static void set_post(struct zd_transfer *transfer, const char *body,
                     size_t len) {
  struct zd_told *told = &transfer->told;
  CURL *easy = transfer->easy;
  if (told->method != ZD_TOLD_POST)
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
  if (told->method != ZD_TOLD_POST || told->body != body)
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  if (told->method != ZD_TOLD_POST || told->body_len != len)
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
  told->body = body;
  told->body_len = len;
}

/* A method that libcurl has no name for, or with a body that it would not
 * expect; and HEAD. */
static CURLcode set_rare_method(struct zd_transfer *transfer,
                                const struct zd_request *request,
                                const char *body) {
  CURL *easy = transfer->easy;
  bool head = is_method(request, "HEAD");
  transfer->told.method = ZD_TOLD_NOTHING;
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* and nothing of the last one */
  if (body != NULL)
    set_post(transfer, body, request->body.len);
  if (head)
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                          head ? NULL : request->method);
}

static CURLcode set_method(struct zd_transfer *transfer,
                           const struct zd_request *request) {
  CURL *easy = transfer->easy;
  struct zd_told *told = &transfer->told;
  bool get = is_method(request, "GET");
  const char *body = NULL;
  transfer->repeatable =
      get || is_method(request, "HEAD") || is_method(request, "OPTIONS");
  if (announces_body(request) && hold_body(transfer, request, &body) != ZD_OK)
    return CURLE_OUT_OF_MEMORY;
  enum zd_told_method method = ZD_TOLD_NOTHING;
  if (get && body == NULL)
    method = ZD_TOLD_GET;
  else if (is_method(request, "POST"))
    method = ZD_TOLD_POST;
  if (method == ZD_TOLD_NOTHING)
    return set_rare_method(transfer, request, body);
  if (method != told->method) {
    told->method = ZD_TOLD_NOTHING;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
  }
  if (method == ZD_TOLD_POST)
    set_post(transfer, body, request->body.len);
  told->method = method;
  return CURLE_OK;
}

static bool knows_path(const struct zd_transfer *transfer,
                       struct zd_text path) {
  /* Kept with the NUL that libcurl wants behind it. */
  const struct zd_buf *target = &transfer->target;
  return target->len == path.len + 1 &&
         memcmp(target->data, path.data, path.len) == 0;
}

static enum zd_status set_path(struct zd_transfer *transfer,
                               struct zd_text path) {
  struct zd_buf *target = &transfer->target;
  if (knows_path(transfer, path))
    return ZD_OK;
  zd_buf_reset(target);
  target->max = ZD_PATH_MAX + 1;
  enum zd_status status = zd_buf_append(target, path.data, path.len);
  if (status == ZD_OK)
    status = zd_buf_append(target, "", 1);
  if (status == ZD_OK &&
      curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET, target->data) !=
          CURLE_OK)
    status = ZD_NOMEM;
  if (status != ZD_OK)
    zd_buf_reset(target);
  return status;
}

/* A time limit that engine_pending.c has shortened since must be set again. */
static void set_times(struct zd_transfer *transfer,
                      const struct zd_request *request) {
  struct zd_told *told = &transfer->told;
  CURL *easy = transfer->easy;
  if (told->timeout_ms != request->timeout_ms || transfer->shortened)
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
  if (told->connect_timeout_ms != request->connect_timeout_ms)
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     request->connect_timeout_ms);
  told->timeout_ms = request->timeout_ms;
  told->connect_timeout_ms = request->connect_timeout_ms;
  transfer->shortened = false;
  transfer->due = request->timeout_ms > 0
                      ? zd_clock_monotonic() + request->timeout_ms / 1000.0
                      : 0;
}

/* libcurl takes a buffer for each reply, which is wiped as a whole when it
 * goes, and leaves a hole beside the connection that was made meanwhile. A
 * small one costs a long reply a few more reads. */
static void set_buffer(struct zd_transfer *transfer, bool brief) {
  bool small = brief || transfer->was_short;
  if (transfer->told.small == small)
    return;
  transfer->told.small = small;
  curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE,
                   small ? SMALL_BUFFER : LARGE_BUFFER);
}

static bool is_json(struct zd_text text) {
  static const char JSON[] = "application/json";
  return text.len == sizeof(JSON) - 1 &&
         memcmp(text.data, JSON, sizeof(JSON) - 1) == 0;
}

/* A header that has a field of its own in the request: `constant` is its line
 * for JSON, `without` makes libcurl leave out its own. Pointers into the
 * transfer's text are not taken before the text is complete. */
static enum zd_status add_field(struct zd_transfer *transfer, const char *name,
                                struct zd_text value, const char *constant,
                                const char *without, const char **line) {
  *line = NULL;
  if (zd_transfer_has_header(transfer, name))
    return ZD_OK;
  if (value.data == NULL) {
    *line = without;
    return ZD_OK;
  }
  if (is_json(value)) {
    *line = constant;
    return ZD_OK;
  }
  return zd_transfer_append_line(transfer, name, strlen(name), value);
}

static enum zd_status set_headers(struct zd_transfer *transfer,
                                  const struct zd_route *route,
                                  const struct zd_transfer_setup *setup,
                                  const struct zd_request *request) {
  const char *type = NULL, *accept;
  bool body = announces_body(request);
  enum zd_status status =
      add_field(transfer, "Accept", request->accept, "Accept: application/json",
                "Accept:", &accept);
  if (status == ZD_OK && body)
    status =
        add_field(transfer, "Content-Type", request->content_type,
                  "Content-Type: application/json", "Content-Type:", &type);
  if (status == ZD_OK)
    status = set_path(transfer, request->path);
  if (status != ZD_OK)
    return status;
  const char *authorization = transfer->credential == NULL
                                  ? NULL
                                  : zd_credential_line(transfer->credential);
  const char *agent = zd_transfer_has_header(transfer, "User-Agent")
                          ? NULL
                          : route->user_agent.data;
  const char *expect = request->body.len > LONG_BODY ? "Expect:" : NULL;
  const char *encodings =
      request->brief ? "Accept-Encoding:" : setup->encodings;
  const char *const constants[ZD_CONSTANT_LINES] = {
      authorization, accept, type, agent, encodings, expect};
  zd_transfer_link_lines(transfer, constants);
  if (transfer->told.lines)
    return ZD_OK;
  transfer->told.lines = curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER,
                                          transfer->lines) == CURLE_OK;
  return transfer->told.lines ? ZD_OK : ZD_NOMEM;
}

static enum zd_status check_field(struct zd_text value, const char *name,
                                  struct zd_refusal *refusal) {
  if (value.data == NULL || is_json(value))
    return ZD_OK;
  refusal->option = name;
  return zd_header_value_check(value.data, value.len, &refusal->why);
}

static enum zd_status check_fields(const struct zd_transfer *transfer,
                                   const struct zd_request *request,
                                   struct zd_refusal *refusal) {
  enum zd_status status = ZD_OK;
  /* libcurl would wait for a reply's body. */
  if (request->body.data != NULL && is_method(request, "HEAD"))
    return zd_refuse(refusal, "body", "HEAD takes none");
  refusal->option = "path";
  if (!knows_path(transfer, request->path)) /* it has been checked */
    status =
        zd_path_check(request->path.data, request->path.len, &refusal->why);
  if (status == ZD_OK)
    status = check_field(request->accept, "accept", refusal);
  if (status == ZD_OK)
    status = check_field(request->content_type, "content_type", refusal);
  return status;
}

enum zd_status zd_transfer_configure(struct zd_transfer *transfer,
                                     const struct zd_account *account,
                                     const struct zd_request *request,
                                     const struct zd_transfer_setup *setup,
                                     struct zd_refusal *refusal) {
  enum zd_status status = check_fields(transfer, request, refusal);
  if (status != ZD_OK)
    return status;
  struct zd_route *route = zd_account_route(account);
  transfer->crowd = setup->crowd;
  if (!request->anonymous)
    transfer->credential = zd_account_credential(account);
  bool http1 = request->http1 || request->body.len > LONG_BODY;
  status = zd_transfer_set_route(transfer, route, http1, setup, refusal);
  if (status != ZD_OK)
    return status;
  set_times(transfer, request);
  set_buffer(transfer, request->brief);
  if (set_method(transfer, request) != CURLE_OK)
    return ZD_NOMEM;
  status = set_headers(transfer, route, setup, request);
  if (status != ZD_OK)
    return status;
  zd_reply_start(&transfer->reply, request->max_body,
                 is_method(request, "HEAD"));
  transfer->failures_before = zd_global_memory_failures();
  return ZD_OK;
}
