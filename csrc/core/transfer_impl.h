/* transfer_impl: what transfer*.c and engine.c know of a transfer and nobody
 * else does. This and the .c files that include it are the ones that talk to
 * libcurl's easy interface. */
#ifndef ZD_TRANSFER_IMPL_H
#define ZD_TRANSFER_IMPL_H

#include <curl/curl.h>

#include "buf.h"
#include "goaway.h"
#include "reply.h"
#include "route.h"
#include "transfer.h"

#if LIBCURL_VERSION_NUM < 0x075000
#error "zendesk needs libcurl 7.80 or newer (CURLOPT_PREREQFUNCTION)"
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum {
  ZD_OWN_LINES_MAX = ZD_REQUEST_HEADERS_MAX + 2, /* Accept, Content-Type */
  /* Those two, Authorization, User-Agent, Accept-Encoding, Expect. */
  ZD_CONSTANT_LINES = 6,
  ZD_LINES_MAX = ZD_OWN_LINES_MAX + ZD_CONSTANT_LINES
};

enum zd_transfer_state {
  ZD_TRANSFER_NEW,     /* not submitted, or refused */
  ZD_TRANSFER_RUNNING, /* in the engine's multi handle */
  ZD_TRANSFER_DONE
};

/* The method in the form in which libcurl has been told it. */
enum zd_told_method { ZD_TOLD_NOTHING, ZD_TOLD_GET, ZD_TOLD_POST };

/* Options of the last request, which need not be set again for one like it. */
struct zd_told {
  long timeout_ms, connect_timeout_ms;
  enum zd_told_method method;
  const char *body; /* of a POST */
  size_t body_len;
  bool lines; /* it reads `lines` */
  bool small; /* its buffer for replies is a small one */
};

struct zd_transfer {
  CURL *easy;                                /* owned */
  struct zd_engine *engine;                  /* NULL once the engine is gone */
  struct zd_transfer *prev, *next;           /* the engine's lists */
  struct zd_transfer *done_prev, *done_next; /* its queue of finished ones */
  bool queued;                               /* in that queue */
  enum zd_transfer_state state;

  /* What `easy` is configured for, also while the transfer is kept for the
   * next request; NULL: all options must be set. */
  struct zd_route *route; /* one share */
  CURLU *url;             /* of its origin; owned */
  bool http1;             /* HTTP/2 is not offered */
  struct zd_told told;    /* what else it knows; zeroed with the route */
  struct zd_buf target;   /* the path that it knows; empty: none */

  struct zd_credential *credential; /* one share */
  struct zd_buf text;               /* of the lines that are our own */
  size_t offsets[ZD_OWN_LINES_MAX];
  unsigned own_lines;
  struct curl_slist lines[ZD_LINES_MAX]; /* linked in order, for libcurl */

  struct zd_buf upload; /* the body, when it had to be copied */

  double due;          /* when its time is up, monotonic; 0: never */
  bool shortened;      /* libcurl knows less than told.timeout_ms */
  bool opened;         /* it has a connection that came to be just now */
  bool repeatable;     /* a safe method: libcurl may send it once more */
  bool repeat_refused; /* libcurl wanted to, and was stopped */
  unsigned attempts;   /* times a connection was ready to be written to */
  long bytes_before;   /* what libcurl had sent before the one that counts */
  struct zd_stream stream; /* of the last attempt, as far as traced */
  struct zd_crowd *crowd;  /* the engine's */
  bool traced;             /* CURLOPT_VERBOSE is on */

  struct zd_reply reply;
  bool was_short;                /* the last reply: the next one will be, too */
  unsigned long failures_before; /* of allocations, when it was submitted */
  enum zd_status status;
  CURLcode code;
  bool sent;
  const char *why; /* static, or `error`; for a status that is not ZD_OK */
  char error[CURL_ERROR_SIZE];
};

/* What runs side by side in one engine. */
struct zd_crowd {
  unsigned running;
  unsigned unrepeatable; /* those among them that may not be sent twice */
  bool limited;          /* in connections, by the host */
  bool connected;        /* a connection that may be shared has come to be */
  struct zd_goaways goaways;
};

/* What the engine decides for all its transfers. */
struct zd_transfer_setup {
  bool folder_only; /* see trust.h */
  struct zd_crowd *crowd;
  const char *encodings;                  /* the line "Accept-Encoding: …" */
  curl_closesocket_callback close_socket; /* NULL: libcurl closes */
  void *close_socket_data;
};

/* Sets the options of an exchange: all of them, unless the handle has just
 * served the same route. ZD_BAD_VALUE fills `refusal`. */
ZD_USE_RESULT enum zd_status zd_transfer_configure(
    struct zd_transfer *transfer, const struct zd_account *account,
    const struct zd_request *request, const struct zd_transfer_setup *setup,
    struct zd_refusal *refusal);

/* The engine saw the exchange end with `code`. */
void zd_transfer_finish(struct zd_transfer *transfer, CURLcode code);

/* The engine ends the exchange itself. */
void zd_transfer_abandon(struct zd_transfer *transfer, enum zd_status status,
                         const char *why);

/* Whether it waits for a connection that another one is opening. */
bool zd_transfer_may_share(const struct zd_transfer *transfer);

/* Turns libcurl's trace on or off. What it says while it looks for a connection
 * is of no use: it begins when there is one. */
void zd_transfer_trace(struct zd_transfer *transfer, bool needed);

/* Undoes zd_transfer_set_route. */
void zd_transfer_drop_route(struct zd_transfer *transfer);

/* Releases all memory. */
void zd_transfer_destroy(struct zd_transfer *transfer);

/* Forgets the last exchange; the handle can be configured again. */
void zd_transfer_reset(struct zd_transfer *transfer);

/* transfer_options.c: configures the handle for `route`, unless that is what it
 * has just served. ZD_BAD_VALUE fills `refusal`. */
ZD_USE_RESULT enum zd_status
zd_transfer_set_route(struct zd_transfer *transfer, struct zd_route *route,
                      bool http1, const struct zd_transfer_setup *setup,
                      struct zd_refusal *refusal);

/* transfer_lines.c */

/* Appends the line "<name>: <value>" to the transfer's own. */
ZD_USE_RESULT enum zd_status
zd_transfer_append_line(struct zd_transfer *transfer, const char *name,
                        size_t name_len, struct zd_text value);
/* True when the caller has added a header of this name. */
bool zd_transfer_has_header(const struct zd_transfer *transfer,
                            const char *name);
/* Links the own lines and `constants` (NULLs are skipped) into `lines`. */
void zd_transfer_link_lines(struct zd_transfer *transfer,
                            const char *const constants[ZD_CONSTANT_LINES]);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
