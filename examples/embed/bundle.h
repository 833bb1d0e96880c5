/* bundle: the Lua files of the library as tools/bundle.lua writes them. */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <stddef.h>

struct bundle_entry {
  const char *name; /* of the module; NULL ends the list */
  const char *text;
  size_t size;
};

extern const struct bundle_entry bundle[];

#endif
