/* credential: see credential.h and the end of account.h. */
#include "credential.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "secret.h"

struct zd_credential {
  unsigned shares;
  enum zd_scheme scheme;
  size_t len;  /* of `line`, without its NUL */
  char line[]; /* "Authorization: …" */
};

static const char BASIC[] = "Authorization: Basic ";
static const char BEARER[] = "Authorization: Bearer ";
static const char TOKEN_MARK[] = "/token:";

enum zd_status zd_refuse(struct zd_refusal *refusal, const char *option,
                         const char *why) {
  refusal->option = option;
  refusal->why = why;
  return ZD_BAD_VALUE;
}

/* Says what is wrong with a secret, or NULL. A line break read from a file
 * along with a token is the usual mistake. */
static const char *secret_fault(struct zd_text text, bool ascii) {
  if (text.len == 0)
    return "is empty";
  if (text.len > ZD_OPTION_MAX)
    return "is longer than 16 KiB";
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c == '\r' || c == '\n')
      return "holds a line break (CR or LF)";
    if (c < 0x20 || c == 0x7f)
      return "holds a control character";
    if (c == ' ')
      return "holds a space";
    if (ascii && c > 0x7f)
      return "holds a character outside ASCII";
  }
  return NULL;
}

static struct zd_credential *new_credential(enum zd_scheme scheme,
                                            size_t line_len) {
  struct zd_credential *made = malloc(sizeof(*made) + line_len + 1);
  if (made == NULL)
    return NULL;
  made->shares = 1;
  made->scheme = scheme;
  made->len = line_len;
  made->line[line_len] = '\0';
  return made;
}

enum zd_status zd_credential_basic(struct zd_text email,
                                   struct zd_text api_token,
                                   struct zd_credential **credential,
                                   struct zd_refusal *refusal) {
  const char *fault = secret_fault(email, false);
  if (fault == NULL && memchr(email.data, ':', email.len) != NULL)
    fault = "holds a colon";
  if (fault != NULL)
    return zd_refuse(refusal, "email", fault);
  fault = secret_fault(api_token, true);
  if (fault != NULL)
    return zd_refuse(refusal, "api_token", fault);

  size_t mark_len = sizeof(TOKEN_MARK) - 1;
  size_t pair_len = email.len + mark_len + api_token.len;
  size_t prefix_len = sizeof(BASIC) - 1;
  char *pair = malloc(pair_len);
  struct zd_credential *made =
      new_credential(ZD_SCHEME_BASIC, prefix_len + zd_base64_size(pair_len));
  if (pair == NULL || made == NULL) {
    free(pair);
    free(made);
    return ZD_NOMEM;
  }
  memcpy(pair, email.data, email.len);
  memcpy(pair + email.len, TOKEN_MARK, mark_len);
  memcpy(pair + email.len + mark_len, api_token.data, api_token.len);
  memcpy(made->line, BASIC, prefix_len);
  zd_base64_encode(pair, pair_len, made->line + prefix_len);
  zd_wipe(pair, pair_len);
  free(pair);
  *credential = made;
  return ZD_OK;
}

enum zd_status zd_credential_bearer(struct zd_text token,
                                    struct zd_credential **credential,
                                    struct zd_refusal *refusal) {
  const char *fault = secret_fault(token, true);
  if (fault != NULL)
    return zd_refuse(refusal, "access_token", fault);
  size_t prefix_len = sizeof(BEARER) - 1;
  struct zd_credential *made =
      new_credential(ZD_SCHEME_BEARER, prefix_len + token.len);
  if (made == NULL)
    return ZD_NOMEM;
  memcpy(made->line, BEARER, prefix_len);
  memcpy(made->line + prefix_len, token.data, token.len);
  *credential = made;
  return ZD_OK;
}

struct zd_credential *zd_credential_share(struct zd_credential *credential) {
  if (credential != NULL)
    credential->shares++;
  return credential;
}

enum zd_scheme zd_credential_scheme(const struct zd_credential *credential) {
  return credential == NULL ? ZD_SCHEME_NONE : credential->scheme;
}

const char *zd_credential_line(const struct zd_credential *credential) {
  return credential->line;
}

void zd_credential_release(struct zd_credential *credential) {
  if (credential == NULL)
    return;
  credential->shares--;
  if (credential->shares > 0)
    return;
  zd_wipe(credential->line, credential->len);
  free(credential);
}
