/* goaway: proof that a server never looked at a request.
 *
 * A server that ends an HTTP/2 connection names, in its GOAWAY frame, the last
 * stream that it has taken up. Requests on later streams were not processed and
 * may be sent again, whatever their method (RFC 9113, section 6.8). libcurl
 * tells them from requests in doubt by nothing but its trace texts, which are
 * read here. A text that is not understood proves nothing, and then nothing is
 * sent again. */
#ifndef ZD_GOAWAY_H
#define ZD_GOAWAY_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  ZD_CONNECTION_MAX = 2 * (45 + 6) + 2, /* two addresses with their ports */
  ZD_GOAWAYS_MAX = 8                    /* the latest ones are kept */
};

/* Which stream of which connection a request has gone out on. */
struct zd_stream {
  char connection[ZD_CONNECTION_MAX];
  unsigned id;             /* 0 while unknown */
  unsigned long opened_at; /* by zd_goaways.count */
  bool refused;
  bool left; /* libcurl is looking for another connection */
};

struct zd_goaways {
  struct {
    char connection[ZD_CONNECTION_MAX]; /* "" for a free place */
    unsigned last_stream;
    unsigned long count; /* of this one */
  } kept[ZD_GOAWAYS_MAX];
  unsigned long count; /* GOAWAYs so far; says what came before what */
};

/* A request is about to go out on the connection between these ends. */
void zd_stream_begin(struct zd_stream *stream, const char *remote_ip,
                     int remote_port, const char *local_ip, int local_port);

/* Nothing is known of where the request goes. */
void zd_stream_forget(struct zd_stream *stream);

/* Takes a trace text that libcurl wrote for the request on `stream`. While
 * libcurl looks for a connection it reads from all that are idle, on behalf of
 * that request: such texts are about others, and not taken. */
void zd_goaways_take(struct zd_goaways *goaways, struct zd_stream *stream,
                     const char *text, size_t len);

/* Is it proved that the request on `stream` was not processed? */
bool zd_goaways_prove(const struct zd_goaways *goaways,
                      const struct zd_stream *stream);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
