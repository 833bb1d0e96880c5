/* goaway: see goaway.h. */
#include "goaway.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* How the trace texts of libcurl 7.x and 8.x begin. What a caller put into a
 * header can be in the middle of a text, never at its beginning. */
static const char OPENED_7[] = "Using Stream ID: ";
static const char OPENED_8[] = "[HTTP/2] [";
static const char REFUSED_8[] = "HTTP/2 stream ";
static const char GOAWAY_7[] = "recveived GOAWAY, error=";
static const char GOAWAY_8[] = "received GOAWAY, error=";
static const char *const LEAVING[] = {"Connection died, retrying",
                                      "REFUSED_STREAM, retrying",
                                      "Downgrades to HTTP/1.1"};

enum { TEXT_MAX = 256 };

void zd_stream_begin(struct zd_stream *stream, const char *remote_ip,
                     int remote_port, const char *local_ip, int local_port) {
  snprintf(stream->connection, sizeof(stream->connection), "%.45s:%d %.45s:%d",
           remote_ip, remote_port, local_ip, local_port);
  stream->id = 0;
  stream->refused = false;
  stream->left = false;
}

void zd_stream_forget(struct zd_stream *stream) {
  stream->connection[0] = '\0';
  stream->id = 0;
  stream->refused = false;
}

/* Behind `start` when `text` begins with it, else NULL. */
static const char *behind(const char *text, const char *start) {
  size_t len = strlen(start);
  return strncmp(text, start, len) == 0 ? text + len : NULL;
}

/* Reads a stream number and moves `*text` behind it. */
static bool take_id(const char **text, unsigned *id) {
  uint64_t value = 0;
  const char *at = *text;
  for (; *at >= '0' && *at <= '9' && value <= INT32_MAX; at++)
    value = value * 10 + (unsigned)(*at - '0');
  if (at == *text || value > INT32_MAX)
    return false;
  *text = at;
  *id = (unsigned)value;
  return true;
}

static void keep(struct zd_goaways *goaways, const char *connection,
                 unsigned last_stream) {
  unsigned place = goaways->count % ZD_GOAWAYS_MAX;
  goaways->count++;
  memcpy(goaways->kept[place].connection, connection, ZD_CONNECTION_MAX);
  goaways->kept[place].last_stream = last_stream;
  goaways->kept[place].count = goaways->count;
}

static bool is_opening(const char *text, unsigned *id) {
  const char *rest = behind(text, OPENED_7);
  if (rest != NULL)
    return take_id(&rest, id);
  rest = behind(text, OPENED_8);
  return rest != NULL && take_id(&rest, id) &&
         behind(rest, "] OPENED ") != NULL;
}

static bool is_refusal(const char *text) {
  unsigned id;
  const char *rest = behind(text, REFUSED_8);
  return rest != NULL && take_id(&rest, &id) &&
         behind(rest, " refused by server") != NULL;
}

static bool is_goaway(const char *text, unsigned *last_stream) {
  unsigned code;
  const char *rest = behind(text, GOAWAY_7);
  if (rest == NULL)
    rest = behind(text, GOAWAY_8);
  if (rest == NULL || !take_id(&rest, &code))
    return false;
  rest = behind(rest, ", last_stream=");
  return rest != NULL && take_id(&rest, last_stream);
}

static bool is_leaving(const char *text) {
  for (size_t i = 0; i < sizeof(LEAVING) / sizeof(LEAVING[0]); i++)
    if (behind(text, LEAVING[i]) != NULL)
      return true;
  return false;
}

static void take_text(struct zd_goaways *goaways, struct zd_stream *stream,
                      const char *text) {
  unsigned id;
  if (is_opening(text, &id)) {
    stream->id = id;
    stream->opened_at = goaways->count;
  } else if (is_refusal(text)) {
    stream->refused = true;
  } else if (is_goaway(text, &id)) {
    keep(goaways, stream->connection, id);
  } else if (is_leaving(text)) {
    stream->left = true;
  }
}

void zd_goaways_take(struct zd_goaways *goaways, struct zd_stream *stream,
                     const char *text, size_t len) {
  char copy[TEXT_MAX];
  if (len >= sizeof(copy) || stream->connection[0] == '\0' || stream->left)
    return;
  memcpy(copy, text, len);
  copy[len] = '\0';
  take_text(goaways, stream, copy);
}

bool zd_goaways_prove(const struct zd_goaways *goaways,
                      const struct zd_stream *stream) {
  if (stream->refused)
    return true;
  for (unsigned i = 0; stream->id != 0 && i < ZD_GOAWAYS_MAX; i++) {
    /* One that is older than the stream was about an earlier connection of
     * the same name. */
    if (goaways->kept[i].count > stream->opened_at &&
        stream->id > goaways->kept[i].last_stream &&
        strcmp(goaways->kept[i].connection, stream->connection) == 0)
      return true;
  }
  return false;
}
