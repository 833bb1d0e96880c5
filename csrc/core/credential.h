/* credential: the Authorization line of an account, shared and wiped.
 *
 * Made from raw option values, which are checked here: whatever could end the
 * header line early is refused. Counted by hand, for one thread. */
#ifndef ZD_CREDENTIAL_H
#define ZD_CREDENTIAL_H

#include "account.h"

#if defined(__GNUC__)
#pragma GCC visibility push(hidden)
#endif

/* Each returns owned, with one share. */
ZD_USE_RESULT enum zd_status
zd_credential_basic(struct zd_text email, struct zd_text api_token,
                    struct zd_credential **credential,
                    struct zd_refusal *refusal);
ZD_USE_RESULT enum zd_status
zd_credential_bearer(struct zd_text token, struct zd_credential **credential,
                     struct zd_refusal *refusal);

struct zd_credential *zd_credential_share(struct zd_credential *credential);
enum zd_scheme zd_credential_scheme(const struct zd_credential *credential);

/* Fills `refusal`; always ZD_BAD_VALUE. */
enum zd_status zd_refuse(struct zd_refusal *refusal, const char *option,
                         const char *why);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#endif
