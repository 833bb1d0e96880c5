/* test_account: options, credentials as lines, sharing and refusals. */
#include "core/account.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/credential.h"
#include "core/route.h"

static struct zd_text text(const char *value) {
  struct zd_text made = {value, value == NULL ? 0 : strlen(value)};
  return made;
}

static struct zd_account_options acme(void) {
  struct zd_account_options options;
  memset(&options, 0, sizeof options);
  options.base_url = text("https://acme.zendesk.com");
  return options;
}

/* The account, or NULL and the name of the refused option. */
static struct zd_account *make(const struct zd_account_options *options,
                               const char **refused) {
  struct zd_account *account = NULL;
  struct zd_refusal refusal = {"", ""};
  enum zd_status status = zd_account_new(options, &account, &refusal);
  *refused = refusal.option;
  CHECK((status == ZD_OK) == (account != NULL));
  return account;
}

static bool refuses(const struct zd_account_options *options,
                    const char *option) {
  const char *refused;
  struct zd_account *account = make(options, &refused);
  bool as_wanted = account == NULL && strcmp(refused, option) == 0;
  zd_account_free(account);
  return as_wanted;
}

static bool line_is(const struct zd_account *account, const char *wanted) {
  struct zd_credential *credential = zd_account_credential(account);
  bool same = credential == NULL
                  ? wanted == NULL
                  : wanted != NULL &&
                        strcmp(zd_credential_line(credential), wanted) == 0;
  zd_credential_release(credential);
  return same;
}

static void a_credential_is_a_finished_line(void) {
  const char *refused;
  struct zd_account_options options = acme();
  struct zd_account *account = make(&options, &refused);
  CHECK(line_is(account, NULL));
  CHECK(zd_account_scheme(account) == ZD_SCHEME_NONE);
  CHECK(strcmp(zd_account_origin(account), "https://acme.zendesk.com") == 0);
  zd_account_free(account);

  options.email = text("a@example.com");
  options.api_token = text("test-api-token");
  account = make(&options, &refused);
  CHECK(line_is(account, "Authorization: Basic "
                         "YUBleGFtcGxlLmNvbS90b2tlbjp0ZXN0LWFwaS10b2tlbg=="));
  CHECK(zd_account_scheme(account) == ZD_SCHEME_BASIC);
  zd_account_free(account);

  options = acme();
  options.access_token = text("test-token");
  account = make(&options, &refused);
  CHECK(line_is(account, "Authorization: Bearer test-token"));
  CHECK(zd_account_scheme(account) == ZD_SCHEME_BEARER);
  zd_account_free(account);
}

static void a_credential_is_whole_or_refused(void) {
  struct zd_account_options options = acme();
  options.email = text("a@example.com");
  CHECK(refuses(&options, "api_token"));
  options.api_token = text("");
  CHECK(refuses(&options, "api_token"));
  options.api_token = text("test-api-token");
  options.access_token = text("test-token");
  CHECK(refuses(&options, "access_token"));
  options = acme();
  options.api_token = text("test-api-token");
  CHECK(refuses(&options, "email"));
  options.email = text("a:b@example.com");
  CHECK(refuses(&options, "email"));
}

static void what_would_leave_its_line_is_refused(void) {
  static const char *const bad[] = {"canary\r",     "canary\n", "can\tary",
                                    "canary token", "\x7f",     "\001canary",
                                    " canary"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct zd_account_options options = acme();
    options.access_token = text(bad[i]);
    CHECK(refuses(&options, "access_token"));
    options = acme();
    options.email = text("a@example.com");
    options.api_token = text(bad[i]);
    CHECK(refuses(&options, "api_token"));
    options.email = text(bad[i]);
    CHECK(refuses(&options, "email"));
  }
  struct zd_account_options options = acme();
  options.access_token.data = "can\0ary";
  options.access_token.len = 7;
  CHECK(refuses(&options, "access_token"));
  options.access_token = text("can\xc3\xa9ry");
  CHECK(refuses(&options, "access_token"));
}

static void a_longest_value_is_accepted_and_no_longer_one(void) {
  char *token = malloc(ZD_OPTION_MAX + 2);
  CHECK(token != NULL);
  if (token == NULL)
    return;
  memset(token, 'a', ZD_OPTION_MAX + 1);
  token[ZD_OPTION_MAX + 1] = '\0';
  struct zd_account_options options = acme();
  options.access_token = text(token);
  CHECK(refuses(&options, "access_token"));
  options.access_token.len = ZD_OPTION_MAX;
  const char *refused;
  struct zd_account *account = make(&options, &refused);
  CHECK(account != NULL);
  zd_account_free(account);
  options = acme();
  options.user_agent = text(token);
  CHECK(refuses(&options, "user_agent"));
  options.user_agent.len = ZD_OPTION_MAX;
  account = make(&options, &refused);
  CHECK(account != NULL);
  zd_account_free(account);
  free(token);
}

static void other_options_are_checked(void) {
  struct zd_account_options options;
  memset(&options, 0, sizeof options);
  CHECK(refuses(&options, "base_url"));
  options.base_url = text("http://acme.zendesk.com");
  CHECK(refuses(&options, "base_url"));
  options = acme();
  options.user_agent = text("a\r\nX: y");
  CHECK(refuses(&options, "user_agent"));
  options = acme();
  options.ca_file = text("");
  CHECK(refuses(&options, "ca_file"));
  options = acme();
  options.ca_path.data = "/a\0b";
  options.ca_path.len = 4;
  CHECK(refuses(&options, "ca_path"));
  static const char *const proxies[] = {
      "",
      "env",
      "proxy.example:3128",
      "ftp://proxy.example",
      "http://",
      "http://a\nb",
      "http://bob:pa#canary@proxy.example:3128",
      "http://bob:a canary@proxy.example",
      "http://bob:pa/canary@proxy.example",
      "socks5://bob:canary@proxy.example:99999",
      "https://bob:canary@"};
  for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
    options = acme();
    options.proxy = text(proxies[i]);
    CHECK(refuses(&options, "proxy"));
  }
}

static enum zd_proxy proxy_of(const char *base_url, const char *proxy) {
  struct zd_account_options options = acme();
  const char *refused;
  options.base_url = text(base_url);
  options.proxy = text(proxy);
  struct zd_account *account = make(&options, &refused);
  enum zd_proxy found = zd_account_route(account)->proxy;
  zd_account_free(account);
  return found;
}

static void a_proxy_is_used_when_asked_for_and_never_for_loopback(void) {
  const char *acme_url = "https://acme.zendesk.com";
  const char *loopback = "http://127.0.0.1:8080";
  CHECK(proxy_of(acme_url, NULL) == ZD_PROXY_NONE);
  CHECK(proxy_of(acme_url, "environment") == ZD_PROXY_ENVIRONMENT);
  CHECK(proxy_of(acme_url, "http://proxy.example:3128") == ZD_PROXY_URL);
  CHECK(proxy_of(acme_url, "socks5h://bob:a%23%20b@[::1]:1") == ZD_PROXY_URL);
  CHECK(proxy_of(loopback, "environment") == ZD_PROXY_NONE);
  CHECK(proxy_of(loopback, "socks5h://proxy.example") == ZD_PROXY_NONE);
}

static void a_replaced_credential_lives_as_long_as_its_users(void) {
  const char *refused;
  struct zd_refusal refusal;
  struct zd_account_options options = acme();
  options.access_token = text("first-token");
  struct zd_account *account = make(&options, &refused);
  struct zd_credential *first = zd_account_credential(account);
  CHECK(zd_account_bearer(account, text("second-token"), &refusal) == ZD_OK);
  CHECK(line_is(account, "Authorization: Bearer second-token"));
  CHECK(zd_account_bearer(account, text("third\n"), &refusal) == ZD_BAD_VALUE);
  CHECK(line_is(account, "Authorization: Bearer second-token"));
  zd_account_free(account);
  CHECK(strcmp(zd_credential_line(first),
               "Authorization: Bearer first-token") == 0);
  zd_credential_release(first);
  zd_credential_release(NULL);
  zd_account_free(NULL);
}

static bool shares_a_route(const struct zd_account_options *a,
                           const struct zd_account_options *b) {
  const char *refused;
  struct zd_account *one = make(a, &refused), *other = make(b, &refused);
  bool equal = zd_route_equals(zd_account_route(one), zd_account_route(other));
  zd_account_free(one);
  zd_account_free(other);
  return equal;
}

static void a_route_is_the_same_without_its_credential(void) {
  struct zd_account_options a = acme(), b = acme();
  a.access_token = text("first-token");
  b.access_token = text("second-token");
  b.user_agent = text("somebody/1.0");
  CHECK(shares_a_route(&a, &b));
  a.ca_file = b.ca_file = text("/ca.pem");
  CHECK(shares_a_route(&a, &b));
  b.ca_file = text("/cb.pem");
  CHECK(!shares_a_route(&a, &b));
  b.ca_file = text(NULL);
  CHECK(!shares_a_route(&a, &b));
  a.ca_file = text(NULL);
  b.ca_path = text("/certificates");
  CHECK(!shares_a_route(&a, &b));
  b.ca_path = text(NULL);
  b.proxy = text("environment");
  CHECK(!shares_a_route(&a, &b));
  a.proxy = text("http://one.example.com:1");
  b.proxy = text("http://two.example.com:1");
  CHECK(!shares_a_route(&a, &b));
  b = a;
  b.base_url = text("https://acme.zendesk.com:444");
  CHECK(!shares_a_route(&a, &b));
}

int main(void) {
  a_credential_is_a_finished_line();
  a_credential_is_whole_or_refused();
  what_would_leave_its_line_is_refused();
  a_longest_value_is_accepted_and_no_longer_one();
  other_options_are_checked();
  a_proxy_is_used_when_asked_for_and_never_for_loopback();
  a_replaced_credential_lives_as_long_as_its_users();
  a_route_is_the_same_without_its_credential();
  return check_result();
}
