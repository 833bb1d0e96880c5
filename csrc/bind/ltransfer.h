/* ltransfer: what a finished transfer holds, as Lua values.
 *
 * Functions for ltransfer.c to call, with the box as argument 1. The transfer
 * must not go away before they return, although finalisers may run meanwhile.
 */
#ifndef LTRANSFER_H
#define LTRANSFER_H

#include "lzd.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* What zd_transfer_outcome says of a failure: nil, kind, message, sent, code.
 * [may raise: memory] */
int lzd_read_failure(lua_State *L);

/* A table of the headers. [may raise: memory] */
int lzd_read_headers(lua_State *L);

/* The body decoded; argument 2 is the limit of depth or 0.
 * [may raise: memory] */
int lzd_read_json(lua_State *L);

/* [may raise: memory] */
int lzd_read_timings(lua_State *L);

/* See lzd_push_reply. [may raise: memory] */
int lzd_read_reply(lua_State *L);

/* The short way, for what most replies are: pushes the status, the header block
 * and the decoded body of a success with a JSON object or array and returns 3.
 * 0 for any other, and what is on the stack then is of no use.
 * [may raise: memory] */
int lzd_push_reply(lua_State *L, const struct zd_transfer *transfer);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
