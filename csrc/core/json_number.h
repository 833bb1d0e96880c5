/* json_number: decimal text to floats and back, exactly and in no locale.
 *
 * Reading rounds to the nearest float, ties to even, whatever the number of
 * digits. Writing finds the shortest digits that read back as the same float
 * (of several, the nearest). Neither uses the C library's conversions, which
 * follow LC_NUMERIC. Floats are IEEE 754 binary64. */
#ifndef ZD_JSON_NUMBER_H
#define ZD_JSON_NUMBER_H

#include <stddef.h>

#include "status.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

enum { ZD_JSON_FLOAT_ROOM = 32 }; /* bytes that zd_json_format_float needs */

/* `text` must be a number as RFC 8259 writes it. ZD_TOO_LARGE when no finite
 * float is near; what is too small becomes 0 with its sign. */
ZD_USE_RESULT enum zd_status zd_json_parse_float(const char *text, size_t len,
                                                 double *value);

/* Writes a finite float and returns the number of bytes; there is no NUL.
 * The text always holds a '.' or an 'e', so that it reads back as a float. */
size_t zd_json_format_float(double value, char out[ZD_JSON_FLOAT_ROOM]);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
