/* fuzz_json_reader: any bytes. What the reader accepts is written again from
 * its events and read again: the events must be the same ones. A second reader
 * guesses keys and must not see anything else either. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_known.h"
#include "core/json_reader.h"
#include "core/json_string.h"
#include "core/json_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH = 64 };

static void must(bool holds) {
  if (!holds)
    abort();
}

/* The content of the reader's text; the caller frees it. */
static char *content_of(const struct zd_json_reader *reader, size_t *len) {
  char *content = malloc(reader->text_len + 1);
  must(content != NULL);
  *len = reader->text_len;
  if (reader->escaped)
    *len = zd_json_unescape(reader->text, reader->text_len, content);
  else
    memcpy(content, reader->text, reader->text_len);
  must(*len <= reader->text_len);
  return content;
}

static void put(struct zd_buf *out, const char *text) {
  must(zd_buf_append_str(out, text) == ZD_OK);
}

static void put_text(struct zd_buf *out, const struct zd_json_reader *reader) {
  size_t len;
  char *content = content_of(reader, &len);
  must(zd_json_write_string(out, content, len) == ZD_OK);
  free(content);
}

static bool opens(enum zd_json_event event) {
  return event == ZD_JSON_OPEN_ARRAY || event == ZD_JSON_OPEN_OBJECT;
}

static bool closes(enum zd_json_event event) {
  return event == ZD_JSON_CLOSE_ARRAY || event == ZD_JSON_CLOSE_OBJECT;
}

static void put_event(struct zd_buf *out, const struct zd_json_reader *reader,
                      enum zd_json_event event) {
  static const char *const texts[] = {
      [ZD_JSON_NULL] = "null",     [ZD_JSON_FALSE] = "false",
      [ZD_JSON_TRUE] = "true",     [ZD_JSON_OPEN_ARRAY] = "[",
      [ZD_JSON_CLOSE_ARRAY] = "]", [ZD_JSON_OPEN_OBJECT] = "{",
      [ZD_JSON_CLOSE_OBJECT] = "}"};
  switch (event) {
  case ZD_JSON_INTEGER:
    must(zd_json_write_integer(out, reader->integer) == ZD_OK);
    break;
  case ZD_JSON_FLOAT:
    must(zd_json_write_float(out, reader->number) == ZD_OK);
    break;
  case ZD_JSON_KEY:
    put_text(out, reader);
    put(out, ":");
    break;
  case ZD_JSON_STRING:
    put_text(out, reader);
    break;
  default:
    put(out, texts[event]);
  }
}

/* Reads to the end; true when the text is accepted, which then is in `out`
 * without space and with the shortest escapes. */
static bool rewrite(const char *data, size_t size, struct zd_buf *out) {
  struct zd_json_reader reader;
  bool comma = false;
  zd_json_reader_init(&reader, data, size, DEPTH);
  for (;;) {
    size_t before = zd_json_offset(&reader);
    enum zd_json_event event = zd_json_next(&reader);
    size_t offset = zd_json_offset(&reader);
    must(offset >= before || event == ZD_JSON_FAILED);
    must(offset <= size && reader.depth >= 0 && reader.depth <= DEPTH);
    if (event == ZD_JSON_FAILED) {
      must(reader.message != NULL);
      must(zd_json_next(&reader) == ZD_JSON_FAILED);
      return false;
    }
    if (event == ZD_JSON_END) {
      must(reader.depth == 0 && offset == size);
      return true;
    }
    if (comma && !closes(event))
      put(out, ",");
    put_event(out, &reader, event);
    comma = !opens(event) && event != ZD_JSON_KEY;
  }
}

/* The same text, with a guess wherever a key may be. */
static bool accepts_with_guesses(const char *data, size_t size,
                                 size_t *events) {
  struct zd_json_reader reader;
  struct zd_json_known known = {NULL, 0, 0, 0};
  zd_json_reader_init(&reader, data, size, DEPTH);
  for (*events = 0;; ++*events) {
    if (zd_json_take_key(&reader, &known))
      continue;
    enum zd_json_event event = zd_json_next(&reader);
    if (event == ZD_JSON_FAILED || event == ZD_JSON_END)
      return event == ZD_JSON_END;
    if (event == ZD_JSON_KEY && !reader.escaped)
      known = zd_json_know(reader.text, reader.text_len);
  }
}

static size_t count_events(const char *data, size_t size) {
  struct zd_json_reader reader;
  enum zd_json_event event;
  size_t events = 0;
  zd_json_reader_init(&reader, data, size, DEPTH);
  for (;; events++) {
    event = zd_json_next(&reader);
    if (event == ZD_JSON_FAILED || event == ZD_JSON_END)
      return events;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct zd_buf once;
  struct zd_buf twice;
  size_t events;
  zd_buf_init(&once, SIZE_MAX / 2);
  zd_buf_init(&twice, SIZE_MAX / 2);
  bool accepted = rewrite((const char *)data, size, &once);
  must(accepts_with_guesses((const char *)data, size, &events) == accepted);
  must(events == count_events((const char *)data, size));
  if (accepted) {
    must(rewrite(once.data, once.len, &twice));
    must(once.len == twice.len);
    must(memcmp(once.data, twice.data, once.len) == 0);
  }
  zd_buf_free(&once);
  zd_buf_free(&twice);
  return 0;
}
