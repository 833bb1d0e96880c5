/* fuzz_headers: the header block of a reply, and what a caller may put into a
 * request. The input is a block; its first line is also looked up as a name. */
#include "core/headers.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds)
    abort();
}

static bool is_inside(struct zd_slice part, struct zd_slice whole) {
  return part.len == 0 || (part.data >= whole.data &&
                           part.data + part.len <= whole.data + whole.len);
}

/* Every line lies inside of the block, and the last of its name is found. */
static void fuzz_block(struct zd_slice block) {
  struct zd_framing_state framing;
  struct zd_header_line line;
  size_t at = 0, before = 0;
  memset(&framing, 0, sizeof framing);
  while (zd_headers_next(block, &at, &line)) {
    struct zd_slice found;
    require(at > before && at <= block.len);
    before = at;
    require(is_inside(line.name, block) && is_inside(line.value, block));
    require(zd_headers_find(block, line.name.data, line.name.len, &found));
    require(is_inside(found, block) && found.data >= line.value.data);
    zd_framing_take(
        &framing, line.name.data,
        (size_t)(line.value.data + line.value.len - line.name.data));
    require(framing.framing != ZD_FRAMING_LENGTH || framing.length >= 0);
  }
}

static void fuzz_request_line(const char *text, size_t len) {
  const char *why = NULL;
  if (zd_header_name_check(text, len, &why) == ZD_OK) {
    for (size_t i = 0; i < len; i++)
      require(text[i] > ' ' && text[i] != ':' && text[i] != 0x7f);
  } else {
    require(why != NULL);
  }
  if (zd_header_value_check(text, len, &why) == ZD_OK)
    require(memchr(text, '\r', len) == NULL &&
            memchr(text, '\n', len) == NULL && memchr(text, '\0', len) == NULL);
  if (zd_method_check(text, len))
    require(len > 0 && memchr(text, ' ', len) == NULL);
  require(zd_header_same_name(text, len, text, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size > 0 ? size : 1);
  require(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  struct zd_slice block = {text, size};
  fuzz_block(block);
  fuzz_request_line(text, size);
  free(text);
  return 0;
}
