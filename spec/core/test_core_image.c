/* test_core_image: after a call has been made and all is closed, no byte of a
 * credential is left in the memory of the process.
 *
 * The credential is put together on the stack from a masked form, so that a
 * literal of it exists nowhere; the server is another process. What is searched
 * is every writable mapping, freed memory included: that of libcurl, which does
 * not wipe what it frees and so has been given functions that do, as well. */
#define _GNU_SOURCE

#include "core/engine.h"

#include "core/digest.h"
#include "core/global.h"
#include "core/secret.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { STEPS_MAX = 100, CHUNK = 1 << 20, NEEDLE_MAX = 128, MASK = 0x55 };

static const char REPLY[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/* "canary" and its continuation, each byte masked by hand at run time. */
static const unsigned char SEED[] = {19, 7,  29, 3, 11, 23,
                                     5,  31, 13, 2, 17, 37};

static const unsigned long MAPPING_MAX = 1ul << 30;

struct needle {
  unsigned char masked[NEEDLE_MAX];
  size_t len;
};

static char chunk[CHUNK + NEEDLE_MAX];

/* Twenty-four letters that follow from SEED and `number`. */
static size_t write_token(char *out, unsigned number) {
  for (size_t i = 0; i < 2 * sizeof SEED; i++)
    out[i] = (char)('a' + (SEED[i % sizeof SEED] * (i + 7) + number * 11) % 26);
  out[2 * sizeof SEED] = '\0';
  return 2 * sizeof SEED;
}

static void mask(struct needle *needle, const char *text, size_t len) {
  needle->len = len;
  for (size_t i = 0; i < len; i++)
    needle->masked[i] = (unsigned char)text[i] ^ MASK;
}

static bool matches(const struct needle *needle, const char *at) {
  for (size_t i = 0; i < needle->len; i++) {
    if (((unsigned char)at[i] ^ MASK) != needle->masked[i])
      return false;
  }
  return true;
}

static int count_in(int memory, unsigned long from, unsigned long to,
                    const struct needle *needle) {
  int found = 0;
  for (unsigned long at = from; at < to; at += CHUNK) {
    ssize_t got = pread(memory, chunk, sizeof chunk, (off_t)at);
    if (got < (ssize_t)needle->len)
      continue;
    for (ssize_t i = 0; i + (ssize_t)needle->len <= got && i < CHUNK; i++) {
      unsigned long address = at + (unsigned long)i;
      bool is_own = address + needle->len > (unsigned long)chunk &&
                    address < (unsigned long)chunk + sizeof chunk;
      if (address < to && !is_own && matches(needle, chunk + i))
        found++;
    }
  }
  zd_wipe(chunk, sizeof chunk);
  return found;
}

/* How often the needle is in a writable mapping; -1 when they cannot be read.
 */
static int count_everywhere(const struct needle *needle) {
  char line[512];
  int found = 0;
  int memory = open("/proc/self/mem", O_RDONLY);
  FILE *maps = fopen("/proc/self/maps", "r");
  if (memory < 0 || maps == NULL)
    return -1;
  while (fgets(line, sizeof line, maps) != NULL) {
    char *dash = strchr(line, '-');
    char *rights = strchr(line, ' ');
    if (dash == NULL || rights == NULL || strncmp(rights, " rw", 3) != 0)
      continue;
    unsigned long from = strtoul(line, NULL, 16);
    unsigned long to = strtoul(dash + 1, NULL, 16);
    if (to - from < MAPPING_MAX) /* the shadow of a sanitizer has terabytes */
      found += count_in(memory, from, to, needle);
  }
  fclose(maps);
  close(memory);
  return found;
}

static int listen_on_loopback(unsigned *port) {
  struct sockaddr_in address;
  socklen_t len = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(listener, 16) == 0);
  CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
  *port = ntohs(address.sin_port);
  return listener;
}

static void serve(int listener) {
  char text[64 * 1024];
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    size_t len = 0;
    while (fd >= 0 && len < sizeof text - 1) {
      ssize_t got = read(fd, text + len, sizeof text - 1 - len);
      if (got <= 0)
        break;
      len += (size_t)got;
      text[len] = '\0';
      if (strstr(text, "\r\n\r\n") == NULL)
        continue;
      len = 0;
      if (write(fd, REPLY, sizeof REPLY - 1) < 0)
        break;
    }
    close(fd);
  }
}

static struct zd_text text_of(const char *text) {
  struct zd_text made = {text, strlen(text)};
  return made;
}

/* One account, one call, and everything closed. */
static void call(unsigned port, const char *token, bool basic) {
  char url[64];
  struct zd_account_options options;
  struct zd_engine_options engine_options = {false, 0};
  struct zd_account *account = NULL;
  struct zd_engine *engine = NULL;
  struct zd_transfer *transfer = NULL;
  struct zd_request request;
  struct zd_refusal refusal;
  memset(&options, 0, sizeof options);
  memset(&request, 0, sizeof request);
  snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
  options.base_url = text_of(url);
  if (basic) {
    options.email = text_of("admin@example.com");
    options.api_token = text_of(token);
  } else {
    options.access_token = text_of(token);
  }
  request.method = "POST";
  request.path = text_of("/");
  request.body = text_of(token); /* as a refresh token is */
  request.copy_body = true;
  request.timeout_ms = request.connect_timeout_ms = 20000;
  request.max_body = 1000;
  CHECK(zd_account_new(&options, &account, &refusal) == ZD_OK);
  CHECK(zd_engine_new(&engine_options, &engine) == ZD_OK);
  CHECK(zd_engine_transfer(engine, &transfer) == ZD_OK);
  CHECK(zd_engine_submit(transfer, account, &request, &refusal) == ZD_OK);
  for (int i = 0; i < STEPS_MAX && !zd_transfer_done(transfer); i++)
    zd_engine_step(engine, 1000);
  struct zd_outcome outcome;
  zd_transfer_outcome(transfer, &outcome);
  CHECK(outcome.status == ZD_OK);
  zd_engine_close_transfer(transfer);
  zd_engine_free(engine);
  zd_account_free(account);
}

/* What a part of the stack held that is no longer in use. */
static void wipe_stack(void) {
  char dead[64 * 1024];
  zd_wipe(dead, sizeof dead);
}

/* The middle of base64("admin@example.com/token:" .. token), which begins at a
 * multiple of three bytes and so stands by itself. */
static size_t write_base64(char *out, const char *token, size_t len) {
  return zd_base64_encode(token, len / 3 * 3, out);
}

static void a_credential_is_gone(unsigned port, unsigned number, bool basic) {
  char token[NEEDLE_MAX], encoded[NEEDLE_MAX];
  struct needle plain, base64;
  size_t len = write_token(token, number);
  mask(&plain, token, len);
  mask(&base64, encoded, write_base64(encoded, token, len));
  CHECK(count_everywhere(&plain) >= 1); /* the search finds what is there */
  CHECK(count_everywhere(&base64) >= 1);
  call(port, token, basic);
  zd_wipe(token, sizeof token);
  zd_wipe(encoded, sizeof encoded);
  wipe_stack();
  CHECK(count_everywhere(&plain) == 0);
  CHECK(count_everywhere(&base64) == 0);
}

int main(void) {
  unsigned port = 0;
  int listener = listen_on_loopback(&port);
  pid_t server = fork();
  if (server == 0)
    serve(listener);
  CHECK(zd_global_init() == ZD_OK);
  CHECK(zd_global_watches_memory());
  a_credential_is_gone(port, 1, false);
  a_credential_is_gone(port, 2, true);
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
  return check_result();
}
