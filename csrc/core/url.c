/* url: see url.h. This file reads origins; path.c has paths and escaping. */
#define _POSIX_C_SOURCE 200809L

#include "url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "url_split.h"

enum { LABEL_MAX = 63, PORT_MAX = 65535, HTTPS_PORT = 443, HTTP_PORT = 80 };

static const char LABEL_FORM[] =
    "give only the first label, as in acme for acme.zendesk.com: "
    "letters, digits and inner hyphens";

static enum zd_status refuse_url(const char **why, const char *text) {
  *why = text;
  return ZD_BAD_VALUE;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ASCII only: the C library's tolower follows the host's locale. */
static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_label(const char *text, size_t len, bool underscore) {
  if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
    return false;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (!is_letter(c) && !is_digit(c) && c != '-' && !(underscore && c == '_'))
      return false;
  }
  return true;
}

enum zd_status zd_subdomain_check(const char *text, size_t len,
                                  const char **why) {
  if (len == 0)
    return refuse_url(why, "is empty; it is acme for acme.zendesk.com");
  if (!is_label(text, len, false))
    return refuse_url(why, LABEL_FORM);
  return ZD_OK;
}

static bool has_prefix(const char *text, size_t len, const char *prefix) {
  size_t prefix_len = strlen(prefix);
  if (len < prefix_len)
    return false;
  for (size_t i = 0; i < prefix_len; i++)
    if (lower(text[i]) != prefix[i])
      return false;
  return true;
}

/* Reads a decimal port; an empty one means the default, as in "host:". */
static bool parse_port(const char *text, size_t len, unsigned *port) {
  unsigned value = 0;
  if (len > 5)
    return false;
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(text[i]))
      return false;
    value = value * 10 + (unsigned)(text[i] - '0');
  }
  if (len > 0 && (value == 0 || value > PORT_MAX))
    return false;
  if (len > 0)
    *port = value;
  return true;
}

/* True for a name whose last label is a number: only a dotted quad may look
 * like that, since resolvers read 127.1 and 0x7f000001 as addresses too. */
static bool ends_in_number(const char *host) {
  const char *dot = strrchr(host, '.');
  const char *label = dot == NULL ? host : dot + 1;
  return is_digit(label[0]) &&
         (label[strspn(label, "0123456789")] == '\0' || label[1] == 'x');
}

static bool check_name(struct zd_origin *origin) {
  struct in_addr address;
  if (inet_pton(AF_INET, origin->host, &address) == 1) {
    origin->loopback = (ntohl(address.s_addr) >> 24) == 127;
    return true;
  }
  if (ends_in_number(origin->host))
    return false;
  const char *label = origin->host;
  for (;;) {
    size_t len = strcspn(label, ".");
    if (!is_label(label, len, true))
      return false;
    if (label[len] == '\0')
      break;
    label += len + 1;
  }
  origin->loopback = strcmp(origin->host, "localhost") == 0;
  return true;
}

static bool check_ipv6(struct zd_origin *origin) {
  struct in6_addr address;
  if (inet_pton(AF_INET6, origin->host, &address) != 1)
    return false;
  origin->loopback = memcmp(&address, &in6addr_loopback, sizeof(address)) == 0;
  return true;
}

/* Splits host[:port], which holds no '/', into `origin`. */
static bool parse_authority(const char *text, size_t len,
                            struct zd_origin *origin) {
  const char *host = text;
  size_t host_len;
  origin->ipv6 = len > 0 && text[0] == '[';
  if (origin->ipv6) {
    const char *end = memchr(text, ']', len);
    if (end == NULL)
      return false;
    host = text + 1;
    host_len = (size_t)(end - host);
  } else {
    const char *colon = memchr(text, ':', len);
    host_len = colon == NULL ? len : (size_t)(colon - text);
  }
  if (host_len == 0 || host_len > ZD_HOST_MAX ||
      memchr(host, '\0', host_len) != NULL)
    return false;
  for (size_t i = 0; i < host_len; i++)
    origin->host[i] = lower(host[i]);
  origin->host[host_len] = '\0';
  const char *rest = host + host_len + (origin->ipv6 ? 1 : 0);
  size_t rest_len = (size_t)(text + len - rest);
  if (rest_len > 0 && rest[0] != ':')
    return false;
  if (rest_len > 0 && !parse_port(rest + 1, rest_len - 1, &origin->port))
    return false;
  return origin->ipv6 ? check_ipv6(origin) : check_name(origin);
}

enum zd_status zd_url_split(const char *url, size_t len,
                            struct zd_origin *origin, const char **path,
                            size_t *path_len, const char **why) {
  size_t scheme_len;
  memset(origin, 0, sizeof(*origin));
  if (has_prefix(url, len, "https://")) {
    origin->https = true;
    origin->port = HTTPS_PORT;
    scheme_len = 8;
  } else if (has_prefix(url, len, "http://")) {
    origin->port = HTTP_PORT;
    scheme_len = 7;
  } else {
    return refuse_url(why, "must begin with https://");
  }
  const char *authority = url + scheme_len;
  size_t left = len - scheme_len;
  size_t authority_len = 0;
  while (authority_len < left &&
         strchr("/?#\\", authority[authority_len]) == NULL)
    authority_len++;
  if (memchr(authority, '@', authority_len) != NULL)
    return refuse_url(why, "holds user information (an @ before the path); "
                           "credentials have options of their own");
  if (!parse_authority(authority, authority_len, origin))
    return refuse_url(why, "has no valid host, or no valid port");
  *path = authority + authority_len;
  *path_len = left - authority_len;
  return ZD_OK;
}

enum zd_status zd_origin_parse(const char *url, size_t len,
                               struct zd_origin *origin, const char **why) {
  const char *path;
  size_t path_len;
  enum zd_status status = zd_url_split(url, len, origin, &path, &path_len, why);
  if (status != ZD_OK)
    return status;
  if (path_len > 1 || (path_len == 1 && path[0] != '/'))
    return refuse_url(why, "must end behind host and port; paths belong to "
                           "the calls");
  if (!origin->https && !origin->loopback)
    return refuse_url(why, "must begin with https://; http:// is for loopback "
                           "hosts only");
  return ZD_OK;
}

static char *append_text(char *out, const char *text) {
  size_t len = strlen(text);
  memcpy(out, text, len);
  return out + len;
}

size_t zd_origin_format(const struct zd_origin *origin,
                        char out[ZD_ORIGIN_MAX]) {
  char *end = append_text(out, origin->https ? "https://" : "http://");
  if (origin->ipv6)
    *end++ = '[';
  end = append_text(end, origin->host);
  if (origin->ipv6)
    *end++ = ']';
  if (origin->port != (origin->https ? HTTPS_PORT : HTTP_PORT)) {
    char digits[5];
    size_t count = 0;
    for (unsigned port = origin->port; port > 0; port /= 10)
      digits[count++] = (char)('0' + port % 10);
    *end++ = ':';
    while (count > 0)
      *end++ = digits[--count];
  }
  *end = '\0';
  return (size_t)(end - out);
}
