/* headers: see headers.h. */
#include "headers.h"

#include <string.h>

enum { NAME_MAX_LEN = 256 };

/* Written by the transport or by libcurl: a second one would change where the
 * request ends, whom it authenticates, or which host it is for. */
static const char *const RESERVED[] = {
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "accept-encoding",
};

static char fold(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool zd_header_same_name(const char *a, size_t a_len, const char *b,
                         size_t b_len) {
  if (a_len != b_len)
    return false;
  for (size_t i = 0; i < a_len; i++)
    if (fold(a[i]) != fold(b[i]))
      return false;
  return true;
}

static bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') ||
         (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static enum zd_status refuse_header(const char **why, const char *text) {
  *why = text;
  return ZD_BAD_VALUE;
}

enum zd_status zd_header_name_check(const char *name, size_t len,
                                    const char **why) {
  if (len == 0)
    return refuse_header(why, "the name is empty");
  if (len > NAME_MAX_LEN)
    return refuse_header(why, "the name is longer than 256 bytes");
  for (size_t i = 0; i < len; i++)
    if (!is_token_char(name[i]))
      return refuse_header(why, "the name is not a token: letters, digits and "
                                "hyphens");
  for (size_t i = 0; i < sizeof(RESERVED) / sizeof(RESERVED[0]); i++)
    if (zd_header_same_name(name, len, RESERVED[i], strlen(RESERVED[i])))
      return refuse_header(why, "the transport writes this one itself");
  return ZD_OK;
}

enum zd_status zd_header_value_check(const char *value, size_t len,
                                     const char **why) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)value[i];
    if (c == '\r' || c == '\n' || c == '\0')
      return refuse_header(why, "the value holds CR, LF or NUL");
    if ((c < 0x20 && c != '\t') || c == 0x7f)
      return refuse_header(why, "the value holds a control character");
  }
  return ZD_OK;
}

bool zd_method_check(const char *method, size_t len) {
  if (len == 0 || len > 16)
    return false;
  for (size_t i = 0; i < len; i++)
    if (method[i] < 'A' || method[i] > 'Z')
      return false;
  return true;
}

static struct zd_slice trimmed(const char *data, size_t len) {
  while (len > 0 && (data[0] == ' ' || data[0] == '\t')) {
    data++;
    len--;
  }
  while (len > 0 && strchr(" \t\r\n", data[len - 1]) != NULL)
    len--;
  struct zd_slice slice = {data, len};
  return slice;
}

/* Takes one line without its LF. The last one may lack it. */
static bool next_line(struct zd_slice block, size_t *at,
                      struct zd_slice *line) {
  if (*at >= block.len)
    return false;
  line->data = block.data + *at;
  size_t left = block.len - *at;
  const char *end = memchr(line->data, '\n', left);
  line->len = end == NULL ? left : (size_t)(end - line->data);
  *at += line->len + (end == NULL ? 0 : 1);
  return true;
}

/* False for the blank line and for what is no header. */
static bool parse_line(struct zd_slice raw, struct zd_header_line *line) {
  const char *colon = memchr(raw.data, ':', raw.len);
  if (colon == NULL || colon == raw.data)
    return false;
  size_t name_len = (size_t)(colon - raw.data);
  line->name.data = raw.data;
  line->name.len = name_len;
  line->value = trimmed(colon + 1, raw.len - name_len - 1);
  return true;
}

bool zd_headers_next(struct zd_slice block, size_t *at,
                     struct zd_header_line *line) {
  struct zd_slice raw;
  if (*at == 0 && !next_line(block, at, &raw)) /* the status line */
    return false;
  while (next_line(block, at, &raw))
    if (parse_line(raw, line))
      return true;
  return false;
}

bool zd_headers_find(struct zd_slice block, const char *name, size_t name_len,
                     struct zd_slice *value) {
  struct zd_header_line line;
  bool found = false;
  for (size_t at = 0; zd_headers_next(block, &at, &line);) {
    if (!zd_header_same_name(line.name.data, line.name.len, name, name_len))
      continue;
    *value = line.value;
    found = true;
  }
  return found;
}

/* The value when the line's header is called `name`; else its data is NULL. */
static struct zd_slice value_of(const char *line, size_t len, const char *name,
                                size_t name_len) {
  struct zd_slice none = {NULL, 0};
  if (len <= name_len || line[name_len] != ':' ||
      !zd_header_same_name(line, name_len, name, name_len))
    return none;
  return trimmed(line + name_len + 1, len - name_len - 1);
}

/* A non-negative decimal that fits; anything else is -1. */
static int64_t parse_length(struct zd_slice text) {
  int64_t value = 0;
  if (text.len == 0)
    return -1;
  for (size_t i = 0; i < text.len; i++) {
    int digit = text.data[i] - '0';
    if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10)
      return -1;
    value = value * 10 + digit;
  }
  return value;
}

/* True when the last transfer coding, the one that frames, is chunked. */
static bool ends_in_chunked(struct zd_slice value) {
  static const char CHUNKED[] = "chunked";
  size_t len = sizeof(CHUNKED) - 1;
  if (value.len < len)
    return false;
  const char *tail = value.data + value.len - len;
  if (tail > value.data && tail[-1] != ' ' && tail[-1] != ',' &&
      tail[-1] != '\t')
    return false;
  return zd_header_same_name(tail, len, CHUNKED, len);
}

static void take_length(struct zd_framing_state *state, struct zd_slice text) {
  if (state->framing == ZD_FRAMING_BROKEN ||
      state->framing == ZD_FRAMING_CHUNKED)
    return;
  int64_t value = parse_length(text);
  if (value < 0 ||
      (state->framing == ZD_FRAMING_LENGTH && value != state->length)) {
    state->framing = ZD_FRAMING_BROKEN;
    return;
  }
  state->framing = ZD_FRAMING_LENGTH;
  state->length = value;
}

static void take_content(struct zd_framing_state *state, const char *line,
                         size_t len) {
  static const char LENGTH[] = "content-length";
  static const char CODING[] = "content-encoding";
  struct zd_slice value = value_of(line, len, LENGTH, sizeof(LENGTH) - 1);
  if (value.data != NULL)
    take_length(state, value);
  else if (value_of(line, len, CODING, sizeof(CODING) - 1).data != NULL)
    state->encoded = true;
}

static void take_transfer(struct zd_framing_state *state, const char *line,
                          size_t len) {
  static const char TRANSFER[] = "transfer-encoding";
  struct zd_slice value = value_of(line, len, TRANSFER, sizeof(TRANSFER) - 1);
  if (value.data != NULL && ends_in_chunked(value))
    state->framing = ZD_FRAMING_CHUNKED; /* Content-Length is void then */
}

void zd_framing_take(struct zd_framing_state *state, const char *line,
                     size_t len) {
  if (!zd_framing_concerns(line, len))
    return;
  if (fold(line[0]) == 'c')
    take_content(state, line, len);
  else
    take_transfer(state, line, len);
}
