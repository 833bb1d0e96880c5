/* fuzz_url: addresses from replies and configuration. Whatever is accepted is
 * harmless: it stays on its origin and has no byte that could end a request
 * line. The first byte says which reader is tried. */
#include "core/url.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

static void fuzz_subdomain(const char *text, size_t len) {
  const char *why = NULL;
  bool accepted = zd_subdomain_check(text, len, &why) == ZD_OK;
  require(accepted || why != NULL);
  require(!accepted || (len > 0 && len <= ZD_SUBDOMAIN_MAX));
  require(!accepted || memchr(text, '.', len) == NULL);
}

/* What is accepted is written in one way only, and that way is accepted. */
static void fuzz_origin(const char *text, size_t len) {
  struct zd_origin origin, again;
  const char *why = NULL;
  char written[ZD_ORIGIN_MAX], rewritten[ZD_ORIGIN_MAX];
  if (zd_origin_parse(text, len, &origin, &why) != ZD_OK) {
    require(why != NULL);
    return;
  }
  size_t written_len = zd_origin_format(&origin, written);
  require(written_len == strlen(written));
  require(origin.https || origin.loopback);
  require(origin.port > 0 && origin.port <= 65535);
  require(strpbrk(origin.host, "/@?#\\ \r\n") == NULL);
  require(zd_origin_parse(written, written_len, &again, &why) == ZD_OK);
  zd_origin_format(&again, rewritten);
  require(strcmp(written, rewritten) == 0);
}

static void fuzz_path(const char *text, size_t len) {
  const char *why = NULL;
  if (zd_path_check(text, len, &why) != ZD_OK) {
    require(why != NULL);
    return;
  }
  require(len > 0 && text[0] == '/');
  for (size_t i = 0; i < len; i++)
    require((unsigned char)text[i] > ' ' && text[i] != 0x7f);
}

/* Memory of exactly the promised size, so that one byte too many is seen. */
static void fuzz_resolve(const char *text, size_t len) {
  static const char URL[] = "https://acme.zendesk.com";
  struct zd_origin origin;
  const char *why = NULL;
  size_t out_len = 0;
  require(zd_origin_parse(URL, sizeof URL - 1, &origin, &why) == ZD_OK);
  char *out = malloc(3 * len + 1);
  require(out != NULL);
  if (zd_url_resolve(&origin, text, len, out, &out_len, &why) == ZD_OK) {
    require(out_len <= 3 * len + 1);
    require(zd_path_check(out, out_len, &why) == ZD_OK);
  } else {
    require(why != NULL);
  }
  free(out);
}

static void fuzz_escape(const char *text, size_t len) {
  char *out = malloc(3 * len + 1);
  require(out != NULL);
  size_t out_len = zd_url_escape(text, len, out);
  require(out_len >= len && out_len <= 3 * len);
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  /* A copy of the exact size: reading on is an error. */
  size_t len = size - 1;
  char *text = malloc(len > 0 ? len : 1);
  require(text != NULL);
  memcpy(text, data + 1, len);
  switch (data[0] % 5) {
  case 0:
    fuzz_subdomain(text, len);
    break;
  case 1:
    fuzz_origin(text, len);
    break;
  case 2:
    fuzz_path(text, len);
    break;
  case 3:
    fuzz_resolve(text, len);
    break;
  default:
    fuzz_escape(text, len);
  }
  free(text);
  return 0;
}
