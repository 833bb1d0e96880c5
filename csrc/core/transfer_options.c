/* transfer_options: the options of an easy handle that depend on the route.
 *
 * They are set on a handle that has just been reset, so that nothing of another
 * account can remain, and stay for further requests on the same route. The
 * callbacks here are all that libcurl ever calls during an exchange. */
#include <string.h>

#include "credential.h"
#include "file.h"
#include "transfer_impl.h"

/* A kept connection this old is closed rather than used: servers close idle
 * ones after 60 or 75 seconds, and a POST that meets such a close in flight
 * ends in doubt. */
#define CONNECTION_AGE_MAX 50L

static size_t take_header(char *data, size_t size, size_t count, void *user) {
  struct zd_transfer *transfer = user;
  size_t len = size * count;
  return zd_reply_header(&transfer->reply, data, len) == ZD_OK ? len : 0;
}

static size_t take_body(char *data, size_t size, size_t count, void *user) {
  struct zd_transfer *transfer = user;
  size_t len = size * count;
  return zd_reply_body(&transfer->reply, data, len) == ZD_OK ? len : 0;
}

/* libcurl leaves its sockets to children: a program that the host starts would
 * hold connections open. */
static int take_socket(void *user, curl_socket_t fd, curlsocktype purpose) {
  struct zd_file_fault fault;
  (void)user;
  (void)purpose;
  return zd_file_close_on_exec((int)fd, &fault) == ZD_OK ? CURL_SOCKOPT_OK
                                                         : CURL_SOCKOPT_ERROR;
}

/* libcurl's trace costs as much as a sixth of a small request. It is read only
 * where it can matter: on HTTP/2, when requests run side by side of which one
 * may not be sent twice. */
static int take_trace(CURL *easy, curl_infotype type, char *text, size_t len,
                      void *user) {
  struct zd_transfer *transfer = user;
  (void)easy;
  if (type == CURLINFO_TEXT)
    zd_goaways_take(&transfer->crowd->goaways, &transfer->stream, text, len);
  return 0;
}

bool zd_transfer_may_share(const struct zd_transfer *transfer) {
  return transfer->route->origin.https && !transfer->http1;
}

static void note_connection(struct zd_transfer *transfer) {
  long opened = 0;
  const struct zd_crowd *crowd = transfer->crowd;
  if (crowd->running < 2 || crowd->limited || !zd_transfer_may_share(transfer))
    return;
  curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &opened);
  transfer->opened = opened > 0;
  if (transfer->opened)
    transfer->crowd->connected = true;
}

void zd_transfer_trace(struct zd_transfer *transfer, bool needed) {
  if (needed != transfer->traced)
    curl_easy_setopt(transfer->easy, CURLOPT_VERBOSE, needed ? 1L : 0L);
  transfer->traced = needed;
}

static void trace_if_needed(struct zd_transfer *transfer) {
  const struct zd_crowd *crowd = transfer->crowd;
  const struct zd_route *route = transfer->route;
  bool http2 = zd_transfer_may_share(transfer) && !route->http1_only;
  zd_transfer_trace(transfer,
                    http2 && crowd->running > 1 && crowd->unrepeatable > 0);
}

/* Called each time a connection is ready and before anything is written to it.
 * When a kept connection dies before the first byte of a reply, libcurl
 * repeats the request on a new one, whatever its method; no option forbids it.
 * The server may have carried the first one out, so only a safe method is let
 * through again, or a request of which not a byte has left, or of which it is
 * proved that the server has not looked at it. */
static int before_request(void *user, char *remote_ip, char *local_ip,
                          int remote_port, int local_port) {
  struct zd_transfer *transfer = user;
  long bytes = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  transfer->attempts++;
  if (transfer->attempts == 1 ||
      zd_goaways_prove(&transfer->crowd->goaways, &transfer->stream))
    transfer->bytes_before = bytes;
  if (!transfer->repeatable && bytes > transfer->bytes_before) {
    transfer->repeat_refused = true;
    return CURL_PREREQFUNC_ABORT;
  }
  note_connection(transfer);
  trace_if_needed(transfer);
  if (transfer->traced)
    zd_stream_begin(&transfer->stream, remote_ip, remote_port, local_ip,
                    local_port);
  else
    zd_stream_forget(&transfer->stream);
  return CURL_PREREQFUNC_OK;
}

/* Options that are numbers, the same for every request. */
static CURLcode set_constants(CURL *easy) {
  static const struct {
    CURLoption option;
    long value;
  } constants[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_MAXAGE_CONN, CONNECTION_AGE_MAX},
    /* Over TLS libcurl takes a buffer for each request, which is wiped when it
     * goes: the smallest does. */
    {CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024},
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Else giving a transfer up would wait for a name lookup to end. */
    {CURLOPT_QUICK_EXIT, 1},
#endif
  };
  for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
    CURLcode code =
        curl_easy_setopt(easy, constants[i].option, constants[i].value);
    if (code != CURLE_OK)
      return code;
  }
  return CURLE_OK;
}

static void set_callbacks(struct zd_transfer *transfer,
                          const struct zd_transfer_setup *setup) {
  CURL *easy = transfer->easy;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, take_trace);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, transfer);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, take_socket);
  if (setup->close_socket != NULL) {
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, setup->close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, setup->close_socket_data);
  }
}

static CURLcode set_proxy_options(CURL *easy, const struct zd_route *route) {
  if (route->proxy == ZD_PROXY_ENVIRONMENT)
    return CURLE_OK; /* libcurl's default */
  /* An empty text stands for no proxy, and for no exceptions to one. Both are
   * given, or libcurl would look through the environment for each request. */
  const char *url = route->proxy == ZD_PROXY_URL ? route->proxy_url.data : "";
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PROXY, url);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  return code;
}

static CURLcode set_tls_options(CURL *easy, const struct zd_route *route,
                                bool http1,
                                const struct zd_transfer_setup *setup) {
  long version = http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
  /* A libcurl without HTTP/2 refuses the second and speaks HTTP/1.1 anyway. */
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
  /* Wait for a connection under way: it may carry this request as well. Without
   * TLS that is never so, and known only when the first reply is there. */
  long wait = route->origin.https && !http1 ? 1L : 0L;
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PIPEWAIT, wait);
  if (route->ca_file.data == NULL && route->ca_path.data == NULL) {
    if (code == CURLE_OK && setup->folder_only)
      code = curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    return code;
  }
  /* What the user names replaces the default store as a whole. */
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_CAINFO, route->ca_file.data);
  if (code != CURLE_OK)
    return code;
  code = curl_easy_setopt(easy, CURLOPT_CAPATH, route->ca_path.data);
  /* Not every TLS library knows such folders. */
  return route->ca_path.data == NULL && code == CURLE_NOT_BUILT_IN ? CURLE_OK
                                                                   : code;
}

static CURLcode set_route_options(CURL *easy, const struct zd_route *route,
                                  bool http1,
                                  const struct zd_transfer_setup *setup) {
#if LIBCURL_VERSION_NUM >= 0x075500
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                                   route->origin.https ? "https" : "http");
#else
  CURLcode code = curl_easy_setopt(
      easy, CURLOPT_PROTOCOLS,
      (long)(route->origin.https ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
  /* Turns decoding on; which ones are offered is said by a line of our own. */
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (code == CURLE_OK)
    code = set_proxy_options(easy, route);
  if (code == CURLE_OK)
    code = set_tls_options(easy, route, http1, setup);
  return code;
}

/* The address is the origin alone, and stays; what is asked of it is said as
 * the request's target, by bytes that libcurl does not look at. It takes an
 * address in parts; older ones (7.88) would still write it out as a text for
 * each request if they had none beside it. */
static CURLcode set_address(struct zd_transfer *transfer,
                            const struct zd_route *route) {
  transfer->url = curl_url();
  if (transfer->url == NULL || curl_url_set(transfer->url, CURLUPART_URL,
                                            route->origin_text, 0) != CURLUE_OK)
    return CURLE_OUT_OF_MEMORY;
  CURLcode code =
      curl_easy_setopt(transfer->easy, CURLOPT_URL, route->origin_text);
  if (code == CURLE_OK)
    code = curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->url);
  return code;
}

void zd_transfer_drop_route(struct zd_transfer *transfer) {
  curl_easy_reset(transfer->easy);
  curl_url_cleanup(transfer->url);
  transfer->url = NULL;
  zd_route_release(transfer->route);
  transfer->route = NULL;
  transfer->traced = false;
  memset(&transfer->told, 0, sizeof(transfer->told));
  zd_buf_reset(&transfer->target);
}

/* Whether the handle is configured for such a route already; then the route
 * becomes the transfer's. */
static bool takes_over(struct zd_transfer *transfer, struct zd_route *route,
                       bool http1) {
  if (transfer->route == NULL || transfer->http1 != http1)
    return false;
  if (transfer->route == route)
    return true;
  if (!zd_route_equals(transfer->route, route))
    return false;
  zd_route_release(transfer->route);
  transfer->route = zd_route_share(route);
  return true;
}

enum zd_status zd_transfer_set_route(struct zd_transfer *transfer,
                                     struct zd_route *route, bool http1,
                                     const struct zd_transfer_setup *setup,
                                     struct zd_refusal *refusal) {
  if (takes_over(transfer, route, http1))
    return ZD_OK;
  zd_transfer_drop_route(transfer);
  set_callbacks(transfer, setup);
  /* The options are known and the values checked: memory alone can lack, and
   * what the TLS library cannot do. */
  if (set_constants(transfer->easy) != CURLE_OK ||
      set_address(transfer, route) != CURLE_OK)
    return ZD_NOMEM;
  CURLcode code = set_route_options(transfer->easy, route, http1, setup);
  if (code == CURLE_NOT_BUILT_IN && route->ca_path.data != NULL)
    return zd_refuse(refusal, "ca_path",
                     "is not known to the TLS library of this libcurl: give "
                     "ca_file");
  if (code != CURLE_OK)
    return ZD_NOMEM;
  transfer->route = zd_route_share(route);
  transfer->http1 = http1;
  return ZD_OK;
}
