/* transfer_setup: from a request to a configured easy handle.
 *
 * What is set here is set for every request, so that nothing of an earlier one
 * remains; transfer_options.c has what a route keeps. */
#include <string.h>

#include "clock.h"
#include "global.h"
#include "transfer_impl.h"

/* A body that is longer goes over HTTP/1.1. When a server answers before it has
 * read such a body, libcurl's HTTP/2 (seen with 7.88) spins until the timeout;
 * and a long upload would hold up what shares its connection. libcurl asks for
 * leave to send ("Expect: 100-continue") only well above this, so that the line
 * which forbids it need not burden the short ones. */
#define LONG_BODY ((size_t)60 * 1024)

static bool is_method(const struct zd_request *request, const char *method) {
  return strcmp(request->method, method) == 0;
}

/* POST, PUT and PATCH always announce a body, be it an empty one: servers and
 * proxies answer 411 otherwise. */
static bool announces_body(const struct zd_request *request) {
  return request->body.data != NULL || is_method(request, "POST") ||
         is_method(request, "PUT") || is_method(request, "PATCH");
}

static CURLcode set_body(struct zd_transfer *transfer,
                         const struct zd_request *request) {
  CURL *easy = transfer->easy;
  const char *body = request->body.data == NULL ? "" : request->body.data;
  size_t len = request->body.len;
  if (request->copy_body && len > 0) {
    transfer->upload.max = len;
    if (zd_buf_append(&transfer->upload, body, len) != ZD_OK)
      return CURLE_OUT_OF_MEMORY;
    body = transfer->upload.data;
  }
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
}

static CURLcode set_method(struct zd_transfer *transfer,
                           const struct zd_request *request) {
  CURL *easy = transfer->easy;
  bool get = is_method(request, "GET");
  bool head = is_method(request, "HEAD");
  bool body = announces_body(request);
  transfer->repeatable = get || head || is_method(request, "OPTIONS");
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); /* and nothing of the last one */
  if (body && set_body(transfer, request) != CURLE_OK)
    return CURLE_OUT_OF_MEMORY;
  if (head && !body)
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  bool by_name = body ? !is_method(request, "POST") : !get && !head;
  return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                          by_name ? request->method : NULL);
}

/* libcurl wants the path with a NUL behind it; it goes behind the header lines.
 */
static enum zd_status set_path(struct zd_transfer *transfer,
                               struct zd_text path) {
  struct zd_buf *text = &transfer->text;
  size_t start = text->len;
  text->max = start + ZD_PATH_MAX + 1;
  enum zd_status status = zd_buf_append(text, path.data, path.len);
  if (status == ZD_OK)
    status = zd_buf_append(text, "", 1);
  if (status != ZD_OK)
    return status;
  return curl_easy_setopt(transfer->easy, CURLOPT_REQUEST_TARGET,
                          text->data + start) == CURLE_OK
             ? ZD_OK
             : ZD_NOMEM;
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
  const char *const constants[ZD_CONSTANT_LINES] = {
      authorization, accept, type, agent, setup->encodings, expect};
  zd_transfer_link_lines(transfer, constants);
  return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER,
                          transfer->lines) == CURLE_OK
             ? ZD_OK
             : ZD_NOMEM;
}

static enum zd_status check_field(struct zd_text value, const char *name,
                                  struct zd_refusal *refusal) {
  if (value.data == NULL || is_json(value))
    return ZD_OK;
  refusal->option = name;
  return zd_header_value_check(value.data, value.len, &refusal->why);
}

static enum zd_status check_fields(const struct zd_request *request,
                                   struct zd_refusal *refusal) {
  refusal->option = "path";
  enum zd_status status =
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
  enum zd_status status = check_fields(request, refusal);
  if (status != ZD_OK)
    return status;
  struct zd_route *route = zd_account_route(account);
  transfer->crowd = setup->crowd;
  if (!request->anonymous)
    transfer->credential = zd_account_credential(account);
  bool http1 = request->http1 || request->body.len > LONG_BODY;
  status = zd_transfer_set_route(transfer, route, http1, setup);
  if (status != ZD_OK)
    return status;
  CURL *easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
  transfer->due = request->timeout_ms > 0 && transfer->crowd->running > 0
                      ? zd_clock_monotonic() + request->timeout_ms / 1000.0
                      : 0;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   request->connect_timeout_ms);
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
