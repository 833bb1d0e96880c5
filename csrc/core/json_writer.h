/* json_writer: appends JSON values to a zd_buf.
 *
 * The writer knows scalars; commas, brackets and what a table is are the
 * caller's. It borrows what it is given for the call. On failure the buffer
 * may hold a part of the value: the caller drops the whole. */
#ifndef ZD_JSON_WRITER_H
#define ZD_JSON_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* With quotes and escapes; characters beyond ASCII stay as they are. ZD_ENCODE
 * when `text` is not well-formed UTF-8. */
ZD_USE_RESULT enum zd_status zd_json_write_string(struct zd_buf *out,
                                                  const char *text, size_t len);

ZD_USE_RESULT enum zd_status zd_json_write_integer(struct zd_buf *out,
                                                   int64_t value);

/* The shortest digits that read back as the same float; 3.0 stays "3.0", so
 * that it reads back as a float. ZD_ENCODE for NaN and the infinities. */
ZD_USE_RESULT enum zd_status zd_json_write_float(struct zd_buf *out,
                                                 double value);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
