/* route: see route.h. */
#include "route.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "buf.h"
#include "credential.h"

/* Says what is wrong with a text that libcurl takes as a C string, or NULL. */
static const char *text_fault(struct zd_text text) {
  if (text.len == 0)
    return "is empty";
  if (text.len > ZD_OPTION_MAX)
    return "is longer than 16 KiB";
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c < 0x20 || c == 0x7f)
      return "holds a control character";
  }
  return NULL;
}

static enum zd_status keep_text(struct zd_secret *kept, struct zd_text text,
                                const char *option,
                                struct zd_refusal *refusal) {
  if (text.data == NULL)
    return ZD_OK;
  const char *fault = text_fault(text);
  if (fault != NULL)
    return zd_refuse(refusal, option, fault);
  return zd_secret_set(kept, text.data, text.len);
}

static enum zd_status append_word(struct zd_buf *line, struct zd_text word) {
  if (word.data == NULL)
    return ZD_OK;
  enum zd_status status = zd_buf_append_str(line, " ");
  return status == ZD_OK ? zd_buf_append(line, word.data, word.len) : status;
}

/* RFC 9110, 10.1.5: the more significant product comes first. */
static enum zd_status set_user_agent(struct zd_route *route,
                                     const struct zd_account_options *options,
                                     struct zd_refusal *refusal) {
  static const char NAME[] = "User-Agent:";
  struct zd_text agent = options->user_agent, product = options->product;
  struct zd_buf line;
  if (agent.data == NULL && product.data == NULL)
    return ZD_OK;
  const char *fault = agent.data == NULL ? NULL : text_fault(agent);
  if (fault != NULL)
    return zd_refuse(refusal, "user_agent", fault);
  zd_buf_init(&line, sizeof(NAME) + ZD_OPTION_MAX + product.len + 2);
  enum zd_status status = zd_buf_append_str(&line, NAME);
  if (status == ZD_OK)
    status = append_word(&line, agent);
  if (status == ZD_OK)
    status = append_word(&line, product);
  if (status == ZD_OK)
    status = zd_secret_set(&route->user_agent, line.data, line.len);
  zd_buf_free(&line);
  return status;
}

static bool is_text(struct zd_text text, const char *literal) {
  size_t len = strlen(literal);
  return text.len == len && memcmp(text.data, literal, len) == 0;
}

static bool begins_with(struct zd_text text, const char *prefix) {
  size_t len = strlen(prefix);
  return text.len > len && memcmp(text.data, prefix, len) == 0;
}

static bool is_proxy_url(struct zd_text text) {
  static const char *const schemes[] = {"http://",   "https://",
                                        "socks4://", "socks4a://",
                                        "socks5://", "socks5h://"};
  for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
    if (begins_with(text, schemes[i]))
      return true;
  return false;
}

/* What libcurl does not understand, it would quote in a message, with the
 * password. */
static enum zd_status check_proxy(const char *proxy,
                                  struct zd_refusal *refusal) {
  CURLU *url = curl_url();
  if (url == NULL)
    return ZD_NOMEM;
  CURLUcode code =
      curl_url_set(url, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME);
  curl_url_cleanup(url);
  if (code == CURLUE_OK)
    return ZD_OK;
  if (code == CURLUE_OUT_OF_MEMORY)
    return ZD_NOMEM;
  return zd_refuse(refusal, "proxy",
                   "is not a well-formed URL; in its user and password write "
                   "%40 for @, %23 for #, %2F for / and %20 for a space");
}

static enum zd_status set_proxy(struct zd_route *route, struct zd_text proxy,
                                struct zd_refusal *refusal) {
  if (proxy.data == NULL)
    return ZD_OK;
  if (is_text(proxy, "environment")) {
    route->proxy = ZD_PROXY_ENVIRONMENT;
    return ZD_OK;
  }
  if (!is_proxy_url(proxy))
    return zd_refuse(refusal, "proxy",
                     "is neither \"environment\" nor a URL that begins with "
                     "http://, https://, socks5:// or the like");
  route->proxy = ZD_PROXY_URL;
  enum zd_status status = keep_text(&route->proxy_url, proxy, "proxy", refusal);
  return status == ZD_OK ? check_proxy(route->proxy_url.data, refusal) : status;
}

static enum zd_status set_origin(struct zd_route *route,
                                 struct zd_text base_url,
                                 struct zd_refusal *refusal) {
  const char *why;
  if (base_url.data == NULL)
    return zd_refuse(refusal, "base_url", "is missing");
  if (zd_origin_parse(base_url.data, base_url.len, &route->origin, &why) !=
      ZD_OK)
    return zd_refuse(refusal, "base_url", why);
  zd_origin_format(&route->origin, route->origin_text);
  return ZD_OK;
}

static enum zd_status set_up(struct zd_route *route,
                             const struct zd_account_options *options,
                             struct zd_refusal *refusal) {
  enum zd_status status = set_origin(route, options->base_url, refusal);
  if (status == ZD_OK)
    status = set_user_agent(route, options, refusal);
  if (status == ZD_OK)
    status = keep_text(&route->ca_file, options->ca_file, "ca_file", refusal);
  if (status == ZD_OK)
    status = keep_text(&route->ca_path, options->ca_path, "ca_path", refusal);
  if (status == ZD_OK)
    status = set_proxy(route, options->proxy, refusal);
  /* Loopback is never reached through anybody else. */
  if (route->origin.loopback)
    route->proxy = ZD_PROXY_NONE;
  return status;
}

enum zd_status zd_route_new(const struct zd_account_options *options,
                            struct zd_route **route,
                            struct zd_refusal *refusal) {
  struct zd_route *made = calloc(1, sizeof(*made));
  if (made == NULL)
    return ZD_NOMEM;
  made->shares = 1;
  enum zd_status status = set_up(made, options, refusal);
  if (status != ZD_OK) {
    zd_route_release(made);
    return status;
  }
  *route = made;
  return ZD_OK;
}

static bool is_same(const struct zd_secret *a, const struct zd_secret *b) {
  if (a->data == NULL || b->data == NULL)
    return a->data == b->data;
  return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

bool zd_route_equals(const struct zd_route *a, const struct zd_route *b) {
  return strcmp(a->origin_text, b->origin_text) == 0 && a->proxy == b->proxy &&
         is_same(&a->ca_file, &b->ca_file) &&
         is_same(&a->ca_path, &b->ca_path) &&
         is_same(&a->proxy_url, &b->proxy_url);
}

struct zd_route *zd_route_share(struct zd_route *route) {
  route->shares++;
  return route;
}

void zd_route_release(struct zd_route *route) {
  if (route == NULL)
    return;
  route->shares--;
  if (route->shares > 0)
    return;
  zd_secret_clear(&route->user_agent);
  zd_secret_clear(&route->ca_file);
  zd_secret_clear(&route->ca_path);
  zd_secret_clear(&route->proxy_url);
  free(route);
}
