/* json_writer: see json_writer.h. */
#include "json_writer.h"

#include <string.h>

#include "json_number.h"
#include "json_scan.h"

/* `byte` is '"', '\\' or a control character. Returns the length, at most 6. */
static size_t write_escape(char *out, unsigned char byte) {
  static const char *const hex = "0123456789abcdef";
  static const char letters[0x20] = {
      ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
  char letter = byte < 0x20 ? letters[byte] : (char)byte;
  out[0] = '\\';
  if (letter != '\0') {
    out[1] = letter;
    return 2;
  }
  out[1] = 'u';
  out[2] = '0';
  out[3] = '0';
  out[4] = hex[byte >> 4];
  out[5] = hex[byte & 15];
  return 6;
}

/* The end of the run that needs no escape, or NULL when it is not UTF-8. */
static const char *verbatim_end(const char *at, const char *end) {
  for (;;) {
    at = zd_json_scan_plain(at, end);
    if (at == end || (unsigned char)*at < 0x80)
      return at;
    size_t len = zd_json_utf8_length(at, end);
    if (len == 0)
      return NULL;
    at += len;
  }
}

/* The rest of a string, from `at` on, with its closing quote. */
static enum zd_status write_rest(struct zd_buf *out, const char *at,
                                 const char *end) {
  enum zd_status status = ZD_OK;
  while (status == ZD_OK) {
    char escape[6];
    const char *stop = verbatim_end(at, end);
    if (stop == NULL)
      return ZD_ENCODE;
    status = zd_buf_append(out, at, (size_t)(stop - at));
    if (stop == end)
      break;
    size_t escape_len = write_escape(escape, (unsigned char)*stop);
    if (status == ZD_OK)
      status = zd_buf_append(out, escape, escape_len);
    at = stop + 1;
  }
  return status == ZD_OK ? zd_buf_append(out, "\"", 1) : status;
}

enum zd_status zd_json_write_string(struct zd_buf *out, const char *text,
                                    size_t len) {
  const char *const end = text + len;
  /* Room for all of it at once, which is enough for most strings. */
  enum zd_status status = zd_buf_reserve(out, len + 2);
  if (status != ZD_OK)
    return status;
  size_t plain = (size_t)(zd_json_scan_plain(text, end) - text);
  char *to = out->data + out->len;
  *to++ = '"';
  if (plain > 0)
    memcpy(to, text, plain);
  out->len += plain + 1;
  if (plain < len)
    return write_rest(out, text + plain, end);
  to[plain] = '"';
  out->len++;
  return ZD_OK;
}

enum zd_status zd_json_write_integer(struct zd_buf *out, int64_t value) {
  char digits[20];
  char *at = digits + sizeof digits;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--at = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0)
    *--at = '-';
  return zd_buf_append(out, at, (size_t)(digits + sizeof digits - at));
}

enum zd_status zd_json_write_float(struct zd_buf *out, double value) {
  char text[ZD_JSON_FLOAT_ROOM];
  if (value - value != 0) /* NaN, as for NaN itself and the infinities */
    return ZD_ENCODE;
  return zd_buf_append(out, text, zd_json_format_float(value, text));
}
