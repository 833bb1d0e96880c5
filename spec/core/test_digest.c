/* test_digest: SHA-256, random bytes and base64 against published vectors. */
#include "core/digest.h"

#include <string.h>

#include "check.h"

static bool sha256_is(const char *text, const char *hex) {
  unsigned char digest[ZD_SHA256_SIZE];
  char shown[2 * ZD_SHA256_SIZE + 1];
  if (zd_sha256(text, strlen(text), digest) != ZD_OK)
    return false;
  for (size_t i = 0; i < sizeof digest; i++)
    snprintf(shown + 2 * i, 3, "%02x", digest[i]);
  return strcmp(shown, hex) == 0;
}

/* FIPS 180-2, appendix B. */
static void sha256_gives_the_published_digests(void) {
  CHECK(sha256_is("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
                      "7852b855"));
  CHECK(sha256_is("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410"
                         "ff61f20015ad"));
  CHECK(
      sha256_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06"
                "c1"));
}

static void random_bytes_differ_from_draw_to_draw(void) {
  unsigned char first[32] = {0};
  unsigned char second[32] = {0};
  CHECK(zd_random(first, sizeof first) == ZD_OK);
  CHECK(zd_random(second, sizeof second) == ZD_OK);
  CHECK(memcmp(first, second, sizeof first) != 0);
  CHECK(zd_random(first, 0) == ZD_OK);
}

static bool base64_is(const char *bytes, const char *text) {
  char out[64];
  size_t len = strlen(bytes);
  size_t written = zd_base64_encode(bytes, len, out);
  return written == zd_base64_size(len) && written == strlen(text) &&
         memcmp(out, text, written) == 0;
}

static bool base64url_is(const char *bytes, size_t len, const char *text) {
  char out[64];
  size_t written = zd_base64url_encode(bytes, len, out);
  return written == zd_base64url_size(len) && written == strlen(text) &&
         memcmp(out, text, written) == 0;
}

/* RFC 4648, section 10. */
static void base64_gives_the_published_encodings(void) {
  CHECK(base64_is("", ""));
  CHECK(base64_is("f", "Zg=="));
  CHECK(base64_is("fo", "Zm8="));
  CHECK(base64_is("foo", "Zm9v"));
  CHECK(base64_is("foob", "Zm9vYg=="));
  CHECK(base64_is("fooba", "Zm9vYmE="));
  CHECK(base64_is("foobar", "Zm9vYmFy"));
}

static void base64url_has_its_own_digits_and_no_padding(void) {
  CHECK(base64url_is("", 0, ""));
  CHECK(base64url_is("f", 1, "Zg"));
  CHECK(base64url_is("fo", 2, "Zm8"));
  CHECK(base64url_is("\xfb\xff\xbf", 3, "-_-_"));
  CHECK(base64url_is("\0\0", 2, "AAA"));
}

static bool decodes_to(const char *text, const char *bytes, size_t len) {
  unsigned char out[64];
  size_t written = 0;
  enum zd_status status =
      zd_base64url_decode(text, strlen(text), out, &written);
  return status == ZD_OK && written == len && memcmp(out, bytes, len) == 0;
}

static bool is_refused(const char *text) {
  unsigned char out[64];
  size_t written = 77;
  enum zd_status status =
      zd_base64url_decode(text, strlen(text), out, &written);
  return status == ZD_BAD_VALUE && written == 0;
}

static void base64url_decodes_only_canonical_text(void) {
  CHECK(decodes_to("", "", 0));
  CHECK(decodes_to("Zg", "f", 1));
  CHECK(decodes_to("Zm9vYmFy", "foobar", 6));
  CHECK(decodes_to("-_-_", "\xfb\xff\xbf", 3));
  CHECK(is_refused("Z"));      /* six bits are no byte */
  CHECK(is_refused("Zm9vY"));  /* the same, later */
  CHECK(is_refused("Zh"));     /* bits behind the last byte */
  CHECK(is_refused("Zm9"));    /* the same, two bytes */
  CHECK(is_refused("Zg=="));   /* padding */
  CHECK(is_refused("Zm9v\n")); /* white space */
  CHECK(is_refused("+/+/"));   /* the other alphabet */
  CHECK(is_refused("Zm\xc3\xa9"));
}

static void every_byte_and_length_survives_the_round_trip(void) {
  unsigned char bytes[256];
  unsigned char back[256];
  char text[400];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(255 - i);
  for (size_t len = 0; len <= sizeof bytes; len++) {
    size_t got = 0;
    size_t written = zd_base64url_encode(bytes, len, text);
    CHECK(written == zd_base64url_size(len));
    CHECK(zd_base64url_decode(text, written, back, &got) == ZD_OK);
    CHECK(got == len && memcmp(back, bytes, len) == 0);
  }
}

int main(void) {
  sha256_gives_the_published_digests();
  random_bytes_differ_from_draw_to_draw();
  base64_gives_the_published_encodings();
  base64url_has_its_own_digits_and_no_padding();
  base64url_decodes_only_canonical_text();
  every_byte_and_length_survives_the_round_trip();
  return check_result();
}
