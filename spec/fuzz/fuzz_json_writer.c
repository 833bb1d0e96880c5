/* fuzz_json_writer: the first byte says what the rest is: a string, an integer
 * or a float. What is written must read back as it was; a string that is
 * refused must not be UTF-8, by a second opinion; a buffer that is too small
 * by a byte must be an error. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_number.h"
#include "core/json_reader.h"
#include "core/json_string.h"
#include "core/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds) {
  if (!holds)
    abort();
}

/* Decodes to code points and looks at those, unlike the core. */
static bool is_utf8(const uint8_t *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  while (left > 0) {
    size_t len = *at < 0x80 ? 1 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : 4;
    if ((*at >= 0x80 && *at < 0xC0) || *at > 0xF7 || len > left)
      return false;
    uint32_t code = len == 1 ? *at : *at & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
      if (at[i] >> 6 != 2)
        return false;
      code = code << 6 | (at[i] & 0x3FU);
    }
    if (code < least[len] || code > 0x10FFFF || code >> 11 == 0x1B)
      return false;
    at += len;
    left -= len;
  }
  return true;
}

static enum zd_status write_one(struct zd_buf *out, int kind,
                                const uint8_t *data, size_t size) {
  int64_t integer = 0;
  double number = 0;
  if (kind == 0)
    return zd_json_write_string(out, (const char *)data, size);
  if (kind == 1) {
    memcpy(&integer, data, sizeof integer);
    return zd_json_write_integer(out, integer);
  }
  memcpy(&number, data, sizeof number);
  return zd_json_write_float(out, number);
}

static bool is_same(const struct zd_json_reader *reader, int kind,
                    const uint8_t *data, size_t size) {
  if (kind == 1)
    return memcmp(&reader->integer, data, sizeof reader->integer) == 0;
  if (kind == 2)
    return memcmp(&reader->number, data, sizeof reader->number) == 0;
  char *content = malloc(reader->text_len + 1);
  must(content != NULL);
  size_t len = reader->text_len;
  if (reader->escaped)
    len = zd_json_unescape(reader->text, len, content);
  else
    memcpy(content, reader->text, len);
  bool same = len == size && memcmp(content, data, size) == 0;
  free(content);
  return same;
}

/* Every maximum below what is needed is reached, and nothing is kept. */
static void refuse_one_byte_less(int kind, const uint8_t *data, size_t size,
                                 size_t needed) {
  struct zd_buf out;
  zd_buf_init(&out, needed - 1);
  must(write_one(&out, kind, data, size) == ZD_TOO_LARGE);
  zd_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const enum zd_json_event events[] = {ZD_JSON_STRING, ZD_JSON_INTEGER,
                                              ZD_JSON_FLOAT};
  struct zd_json_reader reader;
  struct zd_buf out;
  if (size < 1)
    return 0;
  int kind = data[0] % 3;
  data++;
  size--;
  if (kind > 0 && size < 8)
    return 0;
  zd_buf_init(&out, SIZE_MAX / 2);
  enum zd_status status = write_one(&out, kind, data, size);
  if (status == ZD_OK) {
    zd_json_reader_init(&reader, out.data, out.len, 1);
    must(kind != 0 || is_utf8(data, size));
    must(zd_json_next(&reader) == events[kind]);
    must(is_same(&reader, kind, data, size));
    must(zd_json_next(&reader) == ZD_JSON_END);
    refuse_one_byte_less(kind, data, size, out.len);
  } else {
    must(status == ZD_ENCODE && kind != 1);
    must(kind != 0 || !is_utf8(data, size));
  }
  zd_buf_free(&out);
  return 0;
}
