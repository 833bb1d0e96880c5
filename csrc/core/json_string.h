/* json_string: what makes the strings of JSON more than plain bytes.
 *
 * Checking and converting are apart, so that the reader refuses a bad sequence
 * at its offset and hands out the text as it stands in the data; whoever wants
 * the content converts it into memory of their own. */
#ifndef ZD_JSON_STRING_H
#define ZD_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Moves `*at` to the closing quote and returns NULL, or moves it to the fault
 * and returns what was expected there (static). Sets `*escaped` when there was
 * a backslash. */
const char *zd_json_skip_string(const char **at, const char *end,
                                bool *escaped);

/* Writes the content of a checked text to `out`, which has room for `len`
 * bytes, and returns its length. */
size_t zd_json_unescape(const char *text, size_t len, char *out);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
