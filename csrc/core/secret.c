/* secret: see secret.h. */
#include "secret.h"

#include <stdlib.h>
#include <string.h>

enum zd_status zd_secret_set(struct zd_secret *secret, const char *data,
                             size_t len) {
  char *copy = malloc(len + 1);
  if (copy == NULL)
    return ZD_NOMEM;
  memcpy(copy, data, len);
  copy[len] = '\0';
  zd_secret_clear(secret);
  secret->data = copy;
  secret->len = len;
  return ZD_OK;
}

void zd_secret_clear(struct zd_secret *secret) {
  if (secret->data == NULL)
    return;
  zd_wipe(secret->data, secret->len);
  free(secret->data);
  secret->data = NULL;
  secret->len = 0;
}

/* C99 has no memset_s. The call goes through a volatile pointer, so that the
 * compiler cannot prove the store dead. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

/* In pieces: above some 2 KiB memset turns to string instructions, which start
 * slowly and which callgrind counts byte by byte. */
enum { PIECE = 1024 };

static void wipe_pieces(char *at, size_t len) {
  for (; len > PIECE; len -= PIECE) {
    fill(at, 0, PIECE);
    at += PIECE;
  }
  fill(at, 0, len);
}

void zd_wipe(void *data, size_t len) {
  if (len > PIECE)
    wipe_pieces(data, len);
  else if (len > 0)
    fill(data, 0, len);
}

bool zd_equal_ct(const char *a, size_t a_len, const char *b, size_t b_len) {
  volatile unsigned char difference = 0;
  if (a_len != b_len)
    return false;
  for (size_t i = 0; i < a_len; i++)
    difference |= (unsigned char)a[i] ^ (unsigned char)b[i];
  return difference == 0;
}
