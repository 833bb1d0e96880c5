/* test_url: subdomains, origins, paths, what may be resolved to what. */
#include "core/url.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static bool subdomain(const char *text, size_t len) {
  const char *why = NULL;
  bool accepted = zd_subdomain_check(text, len, &why) == ZD_OK;
  return accepted || why == NULL;
}

static void a_subdomain_is_one_label(void) {
  char longest[64];
  memset(longest, 'a', sizeof longest);
  CHECK(subdomain("acme", 4));
  CHECK(subdomain("ACME-2", 6));
  CHECK(subdomain("1", 1));
  CHECK(subdomain(longest, 63));
  CHECK(!subdomain(longest, 64));
  const char *const refused[] = {
      "",        "evil.com/#", "a.b",  "-x",   "x-",          "x@y",
      "a b",     "a/b",        "a:b",  "a_b",  "acm\xc3\xa9", "a\r\nb",
      "http://", "a?",         "a%2e", "[::1]"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(!subdomain(refused[i], strlen(refused[i])));
  CHECK(!subdomain("acme\0.evil", 10));
}

/* The origin that `url` stands for, or "" when it is refused. */
static const char *origin_of(const char *url) {
  static char formatted[ZD_ORIGIN_MAX];
  struct zd_origin origin;
  const char *why = NULL;
  if (zd_origin_parse(url, strlen(url), &origin, &why) != ZD_OK)
    return why != NULL && why[0] != '\0' ? "" : "no reason given";
  size_t len = zd_origin_format(&origin, formatted);
  return len == strlen(formatted) ? formatted : "wrong length";
}

static bool origin_is(const char *url, const char *wanted) {
  return strcmp(origin_of(url), wanted) == 0;
}

static void origins_are_normalised(void) {
  CHECK(origin_is("https://acme.zendesk.com", "https://acme.zendesk.com"));
  CHECK(origin_is("https://acme.zendesk.com/", "https://acme.zendesk.com"));
  CHECK(origin_is("HTTPS://Acme.Zendesk.COM:443", "https://acme.zendesk.com"));
  CHECK(origin_is("https://acme.zendesk.com:", "https://acme.zendesk.com"));
  CHECK(origin_is("https://acme.zendesk.com:08443",
                  "https://acme.zendesk.com:8443"));
  CHECK(origin_is("https://a_b.example", "https://a_b.example"));
  CHECK(origin_is("https://192.0.2.7:65535", "https://192.0.2.7:65535"));
  CHECK(origin_is("https://[2001:DB8::1]:444", "https://[2001:db8::1]:444"));
}

static void plain_http_is_for_loopback_only(void) {
  CHECK(origin_is("http://127.0.0.1:8080/", "http://127.0.0.1:8080"));
  CHECK(origin_is("http://127.255.255.254", "http://127.255.255.254"));
  CHECK(origin_is("http://localhost:80", "http://localhost"));
  CHECK(origin_is("http://[::1]:1", "http://[::1]:1"));
  CHECK(origin_is("http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]"));
  const char *const refused[] = {"http://acme.zendesk.com",
                                 "http://128.0.0.1",
                                 "http://10.0.0.1",
                                 "http://0.0.0.0",
                                 "http://[::2]",
                                 "http://[::]",
                                 "http://127.0.0.1.com",
                                 "http://localhost.me",
                                 "http://[::ffff:1.2.3.4]"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(origin_is(refused[i], ""));
}

static void what_is_no_origin_is_refused(void) {
  const char *const refused[] = {
      "",
      "acme",
      "acme.zendesk.com",
      "//acme.zendesk.com",
      "https://",
      "https:///",
      "https://:443",
      "ftp://acme.zendesk.com",
      "https:/acme.zendesk.com",
      "https://acme.zendesk.com/api",
      "https://acme.zendesk.com//",
      "https://acme.zendesk.com?x",
      "https://acme.zendesk.com#x",
      "https://acme.zendesk.com\\x",
      "https://user@acme.zendesk.com",
      "https://user:pw@acme.zendesk.com",
      "https://acme.zendesk.com@evil.example",
      "https://acme.zendesk.com:0",
      "https://acme.zendesk.com:65536",
      "https://acme.zendesk.com:99999999999",
      "https://acme.zendesk.com:44a",
      "https://acme.zendesk.com:+443",
      "https://acme..zendesk.com",
      "https://.zendesk.com",
      "https://acme.zendesk.com.",
      "https://-acme.zendesk.com",
      "https://acme zendesk.com",
      "https://acm\xc3\xa9.zendesk.com",
      "https://acme%2ezendesk.com",
      "https://acme.zendesk.com\r\n",
      "https://127.1",
      "https://0x7f000001",
      "https://2130706433",
      "https://127.0.0.1.",
      "https://256.0.0.1",
      "https://[::1",
      "https://[::1]x",
      "https://[fe80::1%25eth0]",
      "https://[127.0.0.1]",
  };
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(origin_is(refused[i], ""));
  struct zd_origin origin;
  const char *why;
  CHECK(zd_origin_parse("https://acme\0.evil", 18, &origin, &why) != ZD_OK);
}

static void a_host_has_a_longest_length(void) {
  char url[400] = "https://";
  for (int i = 0; i < 4; i++) {
    memset(url + strlen(url), 'a', 62);
    strcat(url, ".");
  }
  strcat(url, "b"); /* 4 * 63 + 1 = 253 */
  CHECK(!origin_is(url, ""));
  strcat(url, "b");
  CHECK(origin_is(url, ""));
}

static bool path(const char *text) {
  const char *why = NULL;
  bool accepted = zd_path_check(text, strlen(text), &why) == ZD_OK;
  return accepted || why == NULL;
}

static void paths_are_sent_as_they_stand_or_refused(void) {
  const char *const accepted[] = {"/",
                                  "/api/v2/users/me",
                                  "/api/v2/search.json?query=a%20b&x=%5B%5D",
                                  "/a/9223372036854775807?ids=1,2",
                                  "/~a/b;c=d/e:f@g",
                                  "/a/...",
                                  "/a/.b",
                                  "/a?..",
                                  "/a?x=/../y",
                                  "/?",
                                  "/a//b",
                                  "/a/..b/",
                                  "/%2e%2e%2e/"};
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
    CHECK(path(accepted[i]));
  const char *const refused[] = {"",
                                 "a",
                                 "api/v2",
                                 "//evil.example/",
                                 "@evil.example",
                                 "/a b",
                                 "/a#b",
                                 "/a\\b",
                                 "/a\r\nb",
                                 "/a\tb",
                                 "/a\x7f",
                                 "/a\xc3\xa9",
                                 "/a%",
                                 "/a%2",
                                 "/a%zz",
                                 "/a[b]",
                                 "/a|b",
                                 "/a\"b",
                                 "/a<b>",
                                 "/a`b",
                                 "/a{b}",
                                 "/a^b",
                                 "/..",
                                 "/.",
                                 "/a/../b",
                                 "/a/./b",
                                 "/a/..",
                                 "/a/%2e%2E/b",
                                 "/a/.%2e",
                                 "/%2e/b",
                                 "/a/..?x"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(!path(refused[i]));
  const char *why;
  CHECK(zd_path_check("/a\0b", 4, &why) != ZD_OK);
}

static void a_path_has_a_longest_length(void) {
  char *text = malloc(ZD_PATH_MAX + 1);
  const char *why;
  CHECK(text != NULL);
  if (text == NULL)
    return;
  memset(text, 'a', ZD_PATH_MAX + 1);
  text[0] = '/';
  CHECK(zd_path_check(text, ZD_PATH_MAX, &why) == ZD_OK);
  CHECK(zd_path_check(text, ZD_PATH_MAX + 1, &why) == ZD_BAD_VALUE);
  free(text);
}

/* What `url` resolves to on `base`, or "" when it is refused. */
static bool resolves(const char *base, const char *url, const char *wanted) {
  struct zd_origin origin;
  const char *why = NULL;
  char out[1024];
  size_t len = 0;
  if (zd_origin_parse(base, strlen(base), &origin, &why) != ZD_OK)
    return false;
  if (zd_url_resolve(&origin, url, strlen(url), out, &len, &why) != ZD_OK)
    return wanted[0] == '\0' && why != NULL;
  return len == strlen(wanted) && memcmp(out, wanted, len) == 0;
}

static void links_are_resolved_on_their_own_origin_only(void) {
  const char *acme = "https://acme.zendesk.com";
  CHECK(resolves(acme, "/api/v2/a?b", "/api/v2/a?b"));
  CHECK(resolves(acme, "/a?page[after]=x==", "/a?page%5Bafter%5D=x=="));
  CHECK(resolves(acme, "/a?page%5Bafter%5D=x", "/a?page%5Bafter%5D=x"));
  CHECK(resolves(acme, "https://acme.zendesk.com:443/a?b", "/a?b"));
  CHECK(resolves(acme, "HTTPS://ACME.zendesk.com/a", "/a"));
  CHECK(resolves(acme, "https://acme.zendesk.com", "/"));
  CHECK(resolves(acme, "https://acme.zendesk.com?a=b", "/?a=b"));
  CHECK(resolves("http://127.0.0.1:80", "http://127.0.0.1/a", "/a"));
  CHECK(resolves("https://[::1]:8443", "https://[::1]:8443/a", "/a"));
  const char *const refused[] = {"",
                                 "api/v2/a",
                                 "//acme.zendesk.com/a",
                                 "http://acme.zendesk.com/a",
                                 "https://acme.zendesk.com:444/a",
                                 "https://evil.example/a",
                                 "https://acme.zendesk.com.evil.example/a",
                                 "https://acme.zendesk.com@evil.example/a",
                                 "https://evil.example/@acme.zendesk.com",
                                 "https://acme.zendesk.com/a#b",
                                 "https://acme.zendesk.com\\@evil.example/",
                                 "https://acme.zendesk.com/a b",
                                 "https://acme.zendesk.com//evil.example",
                                 "https://acme.zendesk.com#/a",
                                 "javascript:alert(1)"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    CHECK(resolves(acme, refused[i], ""));
}

static void only_unreserved_bytes_escape_escaping(void) {
  char out[3 * 256];
  const char *all = "AZaz09-._~";
  CHECK(zd_url_escape(all, 10, out) == 10 && memcmp(out, all, 10) == 0);
  size_t len = zd_url_escape("a b/?\xff\0", 7, out);
  CHECK(len == 2 + 5 * 3 && memcmp(out, "a%20b%2F%3F%FF%00", 17) == 0);
  CHECK(zd_url_escape("", 0, out) == 0);
}

int main(void) {
  a_subdomain_is_one_label();
  origins_are_normalised();
  plain_http_is_for_loopback_only();
  what_is_no_origin_is_refused();
  a_host_has_a_longest_length();
  paths_are_sent_as_they_stand_or_refused();
  a_path_has_a_longest_length();
  links_are_resolved_on_their_own_origin_only();
  only_unreserved_bytes_escape_escaping();
  return check_result();
}
