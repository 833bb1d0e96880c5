/* status: see status.h. */
#include "status.h"

const char *zd_status_kind(enum zd_status status) {
  static const char *const kinds[ZD_STATUS_COUNT] = {
      [ZD_OK] = "ok",
      [ZD_NOMEM] = "memory",
      [ZD_TOO_LARGE] = "too_large",
      [ZD_BAD_VALUE] = "config",
      [ZD_TRANSPORT] = "transport",
      [ZD_TLS] = "tls",
      [ZD_TIMEOUT] = "timeout",
      [ZD_CANCELLED] = "cancelled",
      [ZD_CLOSED] = "closed",
      [ZD_DECODE] = "decode",
      [ZD_ENCODE] = "encode",
      [ZD_SYSTEM] = "system",
  };
  if ((unsigned)status >= ZD_STATUS_COUNT)
    return "unknown";
  return kinds[status];
}
