/* json_known: taking a key that is expected, for the JSON reader.
 *
 * Objects of one kind have the same keys in the same order. A reader's user who
 * remembers them compares what comes next with what it expects instead of
 * scanning it; all is inline because it is done for nearly every key. */
#ifndef ZD_JSON_KNOWN_H
#define ZD_JSON_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "json_reader.h"

/* A key that a reader has reported, without escapes; from the same text or
 * another one. Borrows `text`. Zeroed, it is no key. */
struct zd_json_known {
  const char *text; /* between the quotes */
  uint64_t head;    /* its first 8 bytes, zeros where it is shorter */
  uint32_t len;
  uint32_t room; /* bytes without which it cannot be next; see below */
};

/* Comma, quotes and colon are looked at without a second look for the end, and
 * so are 8 bytes of the text. */
static inline struct zd_json_known zd_json_know(const char *text, size_t len) {
  uint32_t room = len < 6 ? 10 : (uint32_t)len + 4;
  struct zd_json_known known = {text, 0, (uint32_t)len, room};
  memcpy(&known.head, text, len < 8 ? len : 8);
  return known;
}

/* Whether the key is at `at`, where its length and 8 bytes can be read. */
static inline bool zd_json_is_known(const char *at,
                                    const struct zd_json_known *known) {
  static const unsigned char ones[16] = {255, 255, 255, 255,
                                         255, 255, 255, 255};
  size_t len = known->len;
  uint64_t bytes;
  uint64_t other;
  memcpy(&bytes, at, 8);
  if (len < 8) {
    memcpy(&other, ones + 8 - len, 8);
    return (bytes & other) == known->head;
  }
  if (bytes != known->head)
    return false;
  for (size_t i = len - 8; i > 0; i = i > 8 ? i - 8 : 0) {
    memcpy(&bytes, at + i, 8);
    memcpy(&other, known->text + i, 8);
    if (bytes != other)
      return false;
  }
  return true;
}

/* Takes the next event if it is plain to see that it is ZD_JSON_KEY with the
 * very text of `known`. Else false, and nothing has happened: ask
 * zd_json_next. */
static inline bool zd_json_take_key(struct zd_json_reader *reader,
                                    const struct zd_json_known *known) {
  const char *at = reader->at;
  size_t len = known->len;
  if (len == 0 || (size_t)(reader->end - at) < known->room)
    return false;
  if (reader->state == ZD_JSON_READ_NEXT) {
    if (!reader->in_object || *at != ',')
      return false;
    at++;
  } else if (reader->state != ZD_JSON_READ_FIRST_KEY) {
    return false;
  }
  if (at[0] != '"' || memcmp(at + len + 1, "\":", 2) != 0 ||
      !zd_json_is_known(at + 1, known))
    return false;
  reader->at = at + len + 3;
  reader->state = ZD_JSON_READ_VALUE;
  return true;
}

#endif
