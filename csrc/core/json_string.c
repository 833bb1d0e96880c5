/* json_string: see json_string.h. */
#include "json_string.h"

#include <string.h>

#include "json_scan.h"

/* The four hexadecimal digits at `at`, or -1. */
static long hex_quad(const char *at, const char *end) {
  long value = 0;
  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    if (c >= '0' && c <= '9')
      value = value * 16 + (c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + (c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + (c - 'A' + 10);
    else
      return -1;
  }
  return value;
}

static bool is_high_surrogate(long unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(long unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The length of the sequence whose backslash is at `at`, a pair of surrogates
 * counting as one; 0 and a message when it is not well-formed. */
static size_t escape_length(const char *at, const char *end,
                            const char **message) {
  char letter = '\0';
  if (end - at >= 2)
    letter = at[1];
  if (letter != '\0' && strchr("\"\\/bfnrt", letter) != NULL)
    return 2;
  if (letter != 'u') {
    *message = "expected one of \"\\/bfnrtu behind '\\'";
    return 0;
  }
  long unit = hex_quad(at + 2, end);
  if (unit < 0) {
    *message = "expected four hexadecimal digits behind '\\u'";
    return 0;
  }
  if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
    return 6;
  if (is_high_surrogate(unit) && end - at >= 12 && at[6] == '\\' &&
      at[7] == 'u' && is_low_surrogate(hex_quad(at + 8, end)))
    return 12;
  *message = "expected a pair of surrogates, not half of one";
  return 0;
}

const char *zd_json_skip_string(const char **at, const char *end,
                                bool *escaped) {
  const char *message = NULL;
  size_t len;
  for (;; *at += len) {
    *at = zd_json_scan_plain(*at, end);
    if (*at == end)
      return "expected the '\"' that ends the string";
    unsigned char byte = (unsigned char)**at;
    if (byte == '"')
      return NULL;
    if (byte < 0x20)
      return "expected a control character in a string to be escaped";
    if (byte >= 0x80) {
      len = zd_json_utf8_length(*at, end);
      message = "expected well-formed UTF-8";
    } else {
      len = escape_length(*at, end, &message);
      *escaped = true;
    }
    if (len == 0)
      return message;
  }
}

static char *put_utf8(char *out, unsigned long code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xC0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = (char)(0xE0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  } else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3F));
    *out++ = (char)(0x80 | (code >> 6 & 0x3F));
    *out++ = (char)(0x80 | (code & 0x3F));
  }
  return out;
}

static char letter_meaning(char letter) {
  switch (letter) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  default: /* '"', '\\' and '/' mean themselves */
    return letter;
  }
}

size_t zd_json_unescape(const char *text, size_t len, char *out) {
  const char *const end = text + len;
  char *to = out;
  for (const char *at = text;;) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    size_t run = (size_t)((escape != NULL ? escape : end) - at);
    memcpy(to, at, run);
    to += run;
    if (escape == NULL)
      return (size_t)(to - out);
    at = escape + 2;
    if (escape[1] != 'u') {
      *to++ = letter_meaning(escape[1]);
      continue;
    }
    unsigned long code = (unsigned long)hex_quad(at, end);
    at += 4;
    if (is_high_surrogate((long)code)) {
      code = 0x10000 + ((code - 0xD800) << 10) +
             ((unsigned long)hex_quad(at + 2, end) - 0xDC00);
      at += 6;
    }
    to = put_utf8(to, code);
  }
}
