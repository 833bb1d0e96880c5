/* lfile: core.file_read, core.file_replace, core.file_remove, core.file_sweep,
 * core.file_protect, core.file_lock and core.close_on_exec. Failures are nil, a
 * message with the path, and a name for programs: that of the errno ("ENOSPC"),
 * or of the refusal ("symlink", "not_regular", "foreign", "loose", "too_large",
 * "no_folder", "bad_path"). */
#ifndef LZD_FILE_H
#define LZD_FILE_H

#include <lua.h>

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Adds the functions to the module table on top of the stack, which stays
 * there. [may raise: memory] */
void lzd_open_file(lua_State *L);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
