/* json_reader: see json_reader.h. */
#include "json_reader.h"

#include <string.h>

#include "json_number.h"
#include "json_scan.h"
#include "json_string.h"

#if defined(__GNUC__)
#define ZD_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define ZD_SELDOM __attribute__((noinline, cold))
#define ZD_APART __attribute__((noinline))
#else
#define ZD_UNLIKELY(condition) (condition)
#define ZD_SELDOM
#define ZD_APART
#endif

void zd_json_reader_init(struct zd_json_reader *reader, const char *data,
                         size_t len, int depth_limit) {
  if (depth_limit < 1)
    depth_limit = 1;
  if (depth_limit > ZD_JSON_DEPTH_MAX)
    depth_limit = ZD_JSON_DEPTH_MAX;
  reader->message = NULL;
  reader->depth = 0;
  reader->start = data;
  reader->at = data;
  reader->end = data + len;
  reader->depth_limit = depth_limit;
  reader->state = ZD_JSON_READ_VALUE;
  reader->in_object = false;
}

size_t zd_json_offset(const struct zd_json_reader *reader) {
  return (size_t)(reader->at - reader->start);
}

ZD_SELDOM static enum zd_json_event reader_refuse(struct zd_json_reader *reader,
                                                  const char *at,
                                                  const char *message) {
  reader->at = at;
  reader->message = message;
  reader->state = ZD_JSON_READ_FAILED;
  return ZD_JSON_FAILED;
}

static inline const char *skip_space(const char *at, const char *end) {
  /* One comparison where there is none, as between most tokens. */
  while (at < end && (unsigned char)*at <= ' ' &&
         (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;
  return at;
}

static inline bool reader_is_digit(const char *at, const char *end) {
  return at < end && *at >= '0' && *at <= '9';
}

static inline enum zd_json_event finish_string(struct zd_json_reader *reader,
                                               const char *quote) {
  reader->text_len = (size_t)(quote - reader->text);
  reader->at = quote + 1;
  return ZD_JSON_STRING;
}

static inline enum zd_json_event finish_key(struct zd_json_reader *reader,
                                            const char *quote) {
  reader->text_len = (size_t)(quote - reader->text);
  const char *at = skip_space(quote + 1, reader->end);
  if (ZD_UNLIKELY(at == reader->end || *at != ':'))
    return reader_refuse(reader, at, "expected ':'");
  reader->at = at + 1;
  reader->state = ZD_JSON_READ_VALUE;
  return ZD_JSON_KEY;
}

/* Strings that need a second look are apart, so that the others need no
 * registers saved. */
ZD_APART static enum zd_json_event read_string_on(struct zd_json_reader *reader,
                                                  const char *at, bool key) {
  const char *message = zd_json_skip_string(&at, reader->end, &reader->escaped);
  if (message != NULL)
    return reader_refuse(reader, at, message);
  return key ? finish_key(reader, at) : finish_string(reader, at);
}

/* `at` is behind the opening quote. */
static inline enum zd_json_event read_string(struct zd_json_reader *reader,
                                             const char *at, bool key) {
  reader->text = at;
  reader->escaped = false;
  at = zd_json_scan_plain(at, reader->end);
  if (ZD_UNLIKELY(at == reader->end || *at != '"'))
    return read_string_on(reader, at, key);
  return key ? finish_key(reader, at) : finish_string(reader, at);
}

/* Behind one or more digits, or NULL. */
static const char *skip_digits(const char *at, const char *end) {
  if (!reader_is_digit(at, end))
    return NULL;
  while (reader_is_digit(at, end))
    at++;
  return at;
}

/* A number that is no integer of 64 bits; `begin` is its sign or first digit,
 * `at` is behind the digits before the point. */
ZD_APART static enum zd_json_event
read_float(struct zd_json_reader *reader, const char *begin, const char *at) {
  const char *const end = reader->end;
  const char *digits = at;
  if (at < end && *at == '.') {
    digits = at + 1;
    at = skip_digits(digits, end);
  }
  if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
    digits = at + 1;
    if (digits < end && (*digits == '+' || *digits == '-'))
      digits++;
    at = skip_digits(digits, end);
  }
  if (at == NULL)
    return reader_refuse(reader, digits, "expected a digit");
  if (zd_json_parse_float(begin, (size_t)(at - begin), &reader->number))
    return reader_refuse(reader, begin, "expected a number that a float holds");
  reader->at = at;
  return ZD_JSON_FLOAT;
}

/* The value of the digits at `at`, modulo 2^64; `at` goes behind them. */
static inline uint64_t read_digits(const char **at, const char *end) {
  const char *digit = *at;
  uint64_t value = 0;
  int count = 8;
  while (count == 8 && end - digit >= 8) {
    count = zd_json_take_digits(digit, &value);
    digit += count;
  }
  for (; count == 8 && reader_is_digit(digit, end); digit++)
    value = value * 10 + (unsigned)(*digit - '0');
  *at = digit;
  return value;
}

/* `begin` is the sign or the first digit. */
static enum zd_json_event read_number(struct zd_json_reader *reader,
                                      const char *begin) {
  const char *const end = reader->end;
  bool negative = *begin == '-';
  const char *const first = begin + negative;
  const char *at = first;
  uint64_t value = read_digits(&at, end);
  if (ZD_UNLIKELY(at == first))
    return reader_refuse(reader, at, "expected a digit");
  if (ZD_UNLIKELY(*first == '0' && at - first > 1))
    return reader_refuse(reader, first, "expected no 0 in front of a number");
  bool point = at < end && (*at == '.' || *at == 'e' || *at == 'E');
  /* Up to 19 digits `value` has not wrapped. "-0" has no integer form. */
  if (ZD_UNLIKELY(point || at - first > 19 ||
                  value > (uint64_t)INT64_MAX + negative ||
                  (negative && value == 0)))
    return read_float(reader, begin, at);
  reader->at = at;
  reader->integer = negative ? (int64_t)(0 - value) : (int64_t)value;
  return ZD_JSON_INTEGER;
}

static enum zd_json_event read_word(struct zd_json_reader *reader,
                                    const char *at, const char *word,
                                    size_t len, enum zd_json_event event) {
  if ((size_t)(reader->end - at) < len || memcmp(at, word, len) != 0)
    return reader_refuse(reader, at, "expected a value");
  reader->at = at + len;
  return event;
}

static enum zd_json_event open_container(struct zd_json_reader *reader,
                                         const char *at, bool object) {
  if (reader->depth == reader->depth_limit)
    return reader_refuse(reader, at, "expected fewer levels of nesting");
  unsigned char bit = (unsigned char)(1U << (reader->depth % 8));
  if (object)
    reader->objects[reader->depth / 8] |= bit;
  else
    reader->objects[reader->depth / 8] &= (unsigned char)~bit;
  reader->depth++;
  reader->in_object = object;
  reader->state = object ? ZD_JSON_READ_FIRST_KEY : ZD_JSON_READ_FIRST_ELEMENT;
  reader->at = at + 1;
  return object ? ZD_JSON_OPEN_OBJECT : ZD_JSON_OPEN_ARRAY;
}

static enum zd_json_event close_container(struct zd_json_reader *reader,
                                          const char *at) {
  bool object = reader->in_object;
  reader->depth--;
  int parent = reader->depth - 1;
  reader->in_object =
      parent >= 0 && (reader->objects[parent / 8] >> (parent % 8) & 1) != 0;
  reader->state = ZD_JSON_READ_NEXT;
  reader->at = at + 1;
  return object ? ZD_JSON_CLOSE_OBJECT : ZD_JSON_CLOSE_ARRAY;
}

ZD_SELDOM static enum zd_json_event read_nothing(struct zd_json_reader *reader,
                                                 const char *at, int state) {
  bool first = at == reader->start && reader->end - at >= 3;
  if (first && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
    return reader_refuse(reader, at, "expected a value, not a byte order mark");
  return reader_refuse(reader, at,
                       state == ZD_JSON_READ_FIRST_ELEMENT
                           ? "expected a value or ']'"
                           : "expected a value");
}

static inline enum zd_json_event read_value(struct zd_json_reader *reader,
                                            const char *at) {
  int state = reader->state;
  if (ZD_UNLIKELY(at == reader->end))
    return read_nothing(reader, at, state);
  reader->state = ZD_JSON_READ_NEXT;
  switch (*at) {
  case '"':
    return read_string(reader, at + 1, false);
  case '{':
    return open_container(reader, at, true);
  case '[':
    return open_container(reader, at, false);
  case 'n':
    return read_word(reader, at, "null", 4, ZD_JSON_NULL);
  case 't':
    return read_word(reader, at, "true", 4, ZD_JSON_TRUE);
  case 'f':
    return read_word(reader, at, "false", 5, ZD_JSON_FALSE);
  case ']':
    if (state == ZD_JSON_READ_FIRST_ELEMENT)
      return close_container(reader, at);
    break;
  default:
    if (*at == '-' || reader_is_digit(at, reader->end))
      return read_number(reader, at);
  }
  return read_nothing(reader, at, state);
}

static inline enum zd_json_event read_key(struct zd_json_reader *reader,
                                          const char *at, bool first) {
  if (at < reader->end && *at == '"')
    return read_string(reader, at + 1, true);
  if (at < reader->end && *at == '}' && first)
    return close_container(reader, at);
  return reader_refuse(reader, at,
                       first ? "expected a key or '}'" : "expected a key");
}

/* Behind a value, where there is no comma. */
static enum zd_json_event read_close(struct zd_json_reader *reader,
                                     const char *at) {
  const char *message = "expected nothing behind the value";
  if (reader->depth == 0) {
    reader->at = at;
    if (at == reader->end)
      return ZD_JSON_END;
  } else {
    if (at < reader->end && *at == (reader->in_object ? '}' : ']'))
      return close_container(reader, at);
    message = reader->in_object ? "expected ',' or '}'" : "expected ',' or ']'";
  }
  return reader_refuse(reader, at, message);
}

enum zd_json_event zd_json_next(struct zd_json_reader *reader) {
  const char *const end = reader->end;
  const char *at = skip_space(reader->at, end);
  switch (reader->state) {
  case ZD_JSON_READ_NEXT:
    if (at == end || *at != ',' || reader->depth == 0)
      return read_close(reader, at);
    at = skip_space(at + 1, end);
    if (reader->in_object)
      return read_key(reader, at, false);
    reader->state = ZD_JSON_READ_VALUE;
    break;
  case ZD_JSON_READ_FIRST_KEY:
    return read_key(reader, at, true);
  case ZD_JSON_READ_FAILED:
    return ZD_JSON_FAILED;
  default:
    break;
  }
  return read_value(reader, at);
}
