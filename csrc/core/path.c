/* path: the half of url.h that is about paths, queries and escaping. */
#include <string.h>

#include "url.h"
#include "url_split.h"

static const char HEX[] = "0123456789ABCDEF";

static enum zd_status refuse_path(const char **why, const char *text) {
  *why = text;
  return ZD_BAD_VALUE;
}

/* What RFC 3986 calls unreserved (1), and what else may stand raw in a path or
 * query, '%' apart (2), by the 95 printable characters of ASCII. */
static const char CLASSES[] = "02002022222221121111111111220202"
                              "21111111111111111111111111100001"
                              "0111111111111111111111111110001";

static char class_of(char c) {
  return c >= ' ' && c <= '~' ? CLASSES[c - ' '] : '0';
}

static bool is_unreserved(char c) {
  return class_of(c) == '1';
}

static bool is_path_char(char c) {
  return class_of(c) != '0';
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
         (c >= 'A' && c <= 'F');
}

static enum zd_status refuse_byte(char c, const char **why) {
  if (c == '#')
    return refuse_path(why, "holds a fragment (#); write %23 for the sign");
  if (c == '\\')
    return refuse_path(why, "holds a backslash");
  if (c == ' ')
    return refuse_path(why, "holds a space; write %20");
  if ((unsigned char)c < 0x20 || c == 0x7f)
    return refuse_path(why, "holds a control character");
  return refuse_path(why, "holds a character that must be percent-encoded");
}

/* Length of one dot at `text`, raw or encoded; 0 if there is none. */
static size_t dot_length(const char *text, size_t len) {
  if (len >= 1 && text[0] == '.')
    return 1;
  if (len >= 3 && text[0] == '%' && text[1] == '2' &&
      (text[2] == 'e' || text[2] == 'E'))
    return 3;
  return 0;
}

/* Servers and proxies disagree on "." and ".." segments; an id from outside
 * must not climb to another resource through one. */
static bool is_dot_segment(const char *segment, size_t len) {
  size_t first = dot_length(segment, len);
  if (first == 0)
    return false;
  if (first == len)
    return true;
  size_t second = dot_length(segment + first, len - first);
  return second != 0 && first + second == len;
}

static bool has_dot_segment(const char *path, size_t len) {
  const char *query = memchr(path, '?', len);
  size_t left = query == NULL ? len : (size_t)(query - path);
  while (left > 0) {
    const char *slash = memchr(path, '/', left);
    size_t segment = slash == NULL ? left : (size_t)(slash - path);
    if (is_dot_segment(path, segment))
      return true;
    if (slash == NULL)
      break;
    path += segment + 1;
    left -= segment + 1;
  }
  return false;
}

/* Checks all but the single bytes. */
static enum zd_status check_shape(const char *path, size_t len,
                                  const char **why) {
  if (len == 0 || path[0] != '/')
    return refuse_path(why, "must begin with /");
  if (len > 1 && path[1] == '/')
    return refuse_path(why, "begins with //, which names another host");
  if (len > ZD_PATH_MAX)
    return refuse_path(why, "is longer than 64 KiB");
  if (has_dot_segment(path, len))
    return refuse_path(why, "holds a . or .. segment");
  return ZD_OK;
}

enum zd_status zd_path_check(const char *path, size_t len, const char **why) {
  enum zd_status status = check_shape(path, len, why);
  if (status != ZD_OK)
    return status;
  for (size_t i = 0; i < len; i++) {
    if (is_path_char(path[i]))
      continue;
    if (path[i] != '%')
      return refuse_byte(path[i], why);
    if (len - i < 3 || !is_hex(path[i + 1]) || !is_hex(path[i + 2]))
      return refuse_path(why, "holds a % without two hexadecimal digits");
  }
  return ZD_OK;
}

/* Writes `text` to `out`, encoding the bytes that `keep` does not let stand;
 * returns the length, which is at most three times `len`. */
static size_t write_kept(char *out, const char *text, size_t len,
                         bool (*keep)(char)) {
  char *end = out;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if (keep(text[i])) {
      *end++ = text[i];
      continue;
    }
    *end++ = '%';
    *end++ = HEX[c >> 4];
    *end++ = HEX[c & 15];
  }
  return (size_t)(end - out);
}

static bool is_not_bracket(char c) {
  return c != '[' && c != ']';
}

static bool same_origin(const struct zd_origin *a, const struct zd_origin *b) {
  return a->https == b->https && a->port == b->port &&
         strcmp(a->host, b->host) == 0;
}

enum zd_status zd_url_resolve(const struct zd_origin *origin, const char *url,
                              size_t len, char *out, size_t *out_len,
                              const char **why) {
  const char *path = url;
  size_t path_len = len;
  char *end = out;
  if (len > ZD_URL_MAX)
    return refuse_path(why, "is longer than 64 KiB");
  if (len == 0 || url[0] != '/') {
    struct zd_origin other;
    if (zd_url_split(url, len, &other, &path, &path_len, why) != ZD_OK)
      return refuse_path(why, "is neither a path that begins with / nor a "
                              "valid URL");
    if (!same_origin(origin, &other))
      return refuse_path(why, "points to another origin");
    if (path_len == 0 || path[0] == '?')
      *end++ = '/';
  }
  end += write_kept(end, path, path_len, is_not_bracket);
  *out_len = (size_t)(end - out);
  return zd_path_check(out, *out_len, why);
}

size_t zd_url_escape(const char *text, size_t len, char *out) {
  return write_kept(out, text, len, is_unreserved);
}
