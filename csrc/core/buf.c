/* buf: see buf.h. */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

enum { FIRST_CAPACITY = 256 };

void zd_buf_init(struct zd_buf *buf, size_t max) {
  buf->data = NULL;
  buf->len = 0;
  buf->cap = 0;
  buf->max = max;
}

/* The next capacity that holds `need`: doubled, but never above the maximum. */
static size_t grown_capacity(const struct zd_buf *buf, size_t need) {
  size_t cap = buf->cap == 0 ? FIRST_CAPACITY : buf->cap;
  while (cap < need)
    cap = cap > buf->max / 2 ? buf->max : cap * 2;
  return cap < buf->max ? cap : buf->max;
}

enum zd_status zd_buf_reserve(struct zd_buf *buf, size_t extra) {
  if (extra > buf->max - buf->len)
    return ZD_TOO_LARGE;
  size_t need = buf->len + extra;
  if (need <= buf->cap)
    return ZD_OK;
  size_t cap = grown_capacity(buf, need);
  /* Not realloc: it would leave the old bytes behind in freed memory. */
  char *data = malloc(cap);
  if (data == NULL)
    return ZD_NOMEM;
  if (buf->data != NULL) {
    memcpy(data, buf->data, buf->len);
    zd_wipe(buf->data, buf->len);
    free(buf->data);
  }
  buf->data = data;
  buf->cap = cap;
  return ZD_OK;
}

enum zd_status zd_buf_append(struct zd_buf *buf, const void *data, size_t len) {
  /* What fits costs no further call. */
  if (len > buf->cap - buf->len || len > buf->max - buf->len) {
    enum zd_status status = zd_buf_reserve(buf, len);
    if (status != ZD_OK)
      return status;
  }
  if (len > 0)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  return ZD_OK;
}

enum zd_status zd_buf_append_str(struct zd_buf *buf, const char *text) {
  return zd_buf_append(buf, text, strlen(text));
}

void zd_buf_reset(struct zd_buf *buf) {
  if (buf->data != NULL)
    zd_wipe(buf->data, buf->len);
  buf->len = 0;
}

void zd_buf_free(struct zd_buf *buf) {
  zd_buf_reset(buf);
  free(buf->data);
  buf->data = NULL;
  buf->cap = 0;
}
