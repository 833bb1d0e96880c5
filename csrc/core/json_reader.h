/* json_reader: RFC 8259, one event at a time, from bytes that stay where they
 * are.
 *
 * The reader borrows `data` until the last event, allocates nothing, never
 * recurses, and knows no locale. It is strict: UTF-8 must be well-formed
 * (no overlong forms, no surrogates), an escape may not leave half a surrogate
 * pair, and a byte order mark, a control character in a string, or anything
 * but space after the value is an error. Integers of the signed 64-bit range
 * are exact; larger ones, fractions, exponents and "-0" are floats; a number
 * that no float can hold is an error. Keys are reported as often as they
 * occur: what a repeated key means is the consumer's decision. */
#ifndef ZD_JSON_READER_H
#define ZD_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  ZD_JSON_DEPTH = 512,     /* levels allowed unless the caller says else */
  ZD_JSON_DEPTH_MAX = 8192 /* levels that a caller can allow */
};

enum zd_json_event {
  ZD_JSON_FAILED, /* see message and zd_json_offset; repeats itself */
  ZD_JSON_END,    /* the value and the text are complete; repeats itself */
  ZD_JSON_NULL,
  ZD_JSON_FALSE,
  ZD_JSON_TRUE,
  ZD_JSON_INTEGER, /* integer */
  ZD_JSON_FLOAT,   /* number */
  ZD_JSON_STRING,  /* text, text_len, escaped */
  ZD_JSON_KEY,     /* the same; its value follows */
  ZD_JSON_OPEN_ARRAY,
  ZD_JSON_CLOSE_ARRAY,
  ZD_JSON_OPEN_OBJECT,
  ZD_JSON_CLOSE_OBJECT
};

/* Private: what may come next. */
enum zd_json_state {
  ZD_JSON_READ_VALUE,
  ZD_JSON_READ_FIRST_ELEMENT, /* a value or ']' */
  ZD_JSON_READ_FIRST_KEY,     /* a key or '}' */
  ZD_JSON_READ_NEXT,          /* ',', the container's end, or the text's end */
  ZD_JSON_READ_FAILED
};

struct zd_json_reader {
  /* What the last event carried. */
  const char *text; /* between the quotes, as it stands in the data */
  size_t text_len;
  bool escaped; /* text needs zd_json_unescape (json_string.h) */
  int64_t integer;
  double number;
  const char *message; /* what was expected; static */
  int depth;           /* containers open after the event */
  /* Private. */
  const char *start;
  const char *at;
  const char *end;
  int depth_limit;
  int state; /* enum zd_json_state */
  bool in_object;
  unsigned char objects[ZD_JSON_DEPTH_MAX / 8]; /* a bit for each level */
};

/* `depth_limit` is held to 1 … ZD_JSON_DEPTH_MAX. */
void zd_json_reader_init(struct zd_json_reader *reader, const char *data,
                         size_t len, int depth_limit);

enum zd_json_event zd_json_next(struct zd_json_reader *reader);

/* Where the reader stands; after ZD_JSON_FAILED the byte that is at fault, or
 * the length of the text when more was expected. */
size_t zd_json_offset(const struct zd_json_reader *reader);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
