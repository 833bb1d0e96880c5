/* transfer_lines: the header lines of a request, kept for libcurl.
 *
 * Lines that are the transfer's own stand in one buffer and are found by
 * offset until the buffer has stopped moving; only then are they linked into
 * the list that libcurl reads. No line is copied into memory that nobody
 * wipes. */
#include <string.h>

#include "transfer_impl.h"

enum zd_status zd_transfer_append_line(struct zd_transfer *transfer,
                                       const char *name, size_t name_len,
                                       struct zd_text value) {
  struct zd_buf *text = &transfer->text;
  if (transfer->own_lines == ZD_OWN_LINES_MAX)
    return ZD_TOO_LARGE;
  text->max = ZD_REQUEST_HEADERS_SIZE;
  while (value.len > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
    value.data++;
    value.len--;
  }
  size_t start = text->len;
  enum zd_status status = zd_buf_append(text, name, name_len);
  /* libcurl takes "Name:" for "leave it out", with blanks behind it, too, and
   * "Name;" for an empty one. */
  if (status == ZD_OK)
    status = value.len > 0 ? zd_buf_append(text, ": ", 2)
                           : zd_buf_append(text, ";", 1);
  if (status == ZD_OK)
    status = zd_buf_append(text, value.data, value.len);
  if (status == ZD_OK)
    status = zd_buf_append(text, "", 1);
  if (status != ZD_OK)
    return status;
  transfer->offsets[transfer->own_lines] = start;
  transfer->own_lines++;
  return ZD_OK;
}

enum zd_status zd_transfer_add_header(struct zd_transfer *transfer,
                                      struct zd_text name, struct zd_text value,
                                      const char **why) {
  enum zd_status status = zd_header_name_check(name.data, name.len, why);
  if (status == ZD_OK)
    status = zd_header_value_check(value.data, value.len, why);
  if (status != ZD_OK)
    return status;
  if (transfer->own_lines < ZD_REQUEST_HEADERS_MAX)
    status = zd_transfer_append_line(transfer, name.data, name.len, value);
  else
    status = ZD_TOO_LARGE;
  if (status == ZD_TOO_LARGE)
    *why = "there are too many headers: at most 64, of 64 KiB together";
  else if (status != ZD_OK)
    *why = "out of memory";
  return status;
}

bool zd_transfer_has_header(const struct zd_transfer *transfer,
                            const char *name) {
  size_t len = strlen(name);
  for (unsigned i = 0; i < transfer->own_lines; i++) {
    const char *line = transfer->text.data + transfer->offsets[i];
    if (zd_header_same_name(line, strcspn(line, ":;"), name, len))
      return true;
  }
  return false;
}

void zd_transfer_link_lines(struct zd_transfer *transfer,
                            const char *const constants[ZD_CONSTANT_LINES]) {
  struct curl_slist *last = NULL;
  struct curl_slist *node = transfer->lines;
  for (unsigned i = 0; i < transfer->own_lines + ZD_CONSTANT_LINES; i++) {
    const char *line = i < transfer->own_lines
                           ? transfer->text.data + transfer->offsets[i]
                           : constants[i - transfer->own_lines];
    if (line == NULL)
      continue;
    node->data = (char *)line; /* libcurl only reads it */
    node->next = NULL;
    if (last != NULL)
      last->next = node;
    last = node;
    node++;
  }
}
