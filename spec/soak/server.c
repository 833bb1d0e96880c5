/* server: answers GET and POST on loopback as fast as it can, fails one request
 * in a hundred in one of six ways, and counts what it has done. It remembers
 * which POSTs it has carried out, each by the number in its body, so that one
 * that comes twice is noticed.
 *
 *   server            prints "port N" and serves until its standard input ends
 *   GET  /<group>/N   {"n":N}; group is "plain" or "repeat"
 *   POST /<group>     {"n":N} in the body, and back
 *   GET  /counts      what was done, by group, method and fault */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 512, REQUEST_MAX = 8 * 1024, NUMBERS_MAX = 64000000 };

enum fault {
  FINE,
  RESET_BEFORE, /* not carried out, RST */
  RESET_AFTER,  /* carried out, RST instead of a reply; POST only */
  LIMITED,      /* 429, Retry-After: 0 */
  UNAVAILABLE,  /* 503 */
  TRUNCATED,    /* carried out, half of the body */
  GARBAGE,      /* carried out, no JSON */
  FAULTS
};

static const char *const names[FAULTS] = {
    "fine",        "reset_before", "reset_after", "limited",
    "unavailable", "truncated",    "garbage"};

struct connection {
  char text[REQUEST_MAX + 1];
  size_t len;
};

static struct connection connections[CONNECTIONS_MAX];
static struct pollfd polled[CONNECTIONS_MAX + 2];
static uint64_t counts[2][2][FAULTS]; /* group, POST, fault */
static uint64_t carried_out, twice;
static uint8_t *seen; /* by the number of a POST */

static uint64_t random_state = 88172645463325252u;

/* xorshift64: the same faults in every run, in an order that nobody planned. */
static uint64_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

static enum fault pick_fault(bool is_post) {
  if (next_random() % 100 != 0)
    return FINE;
  enum fault fault = (enum fault)(1 + next_random() % (FAULTS - 1));
  return fault == RESET_AFTER && !is_post ? RESET_BEFORE : fault;
}

static void end_connection(int i, bool reset) {
  struct linger now = {1, 0};
  if (reset)
    setsockopt(polled[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(polled[i].fd);
  polled[i].fd = -1;
  connections[i].len = 0;
}

/* Replies fit into the socket's buffer: what does not is a lost client. */
static void reply(int i, const char *format, ...) {
  char text[8 * 1024];
  va_list arguments;
  va_start(arguments, format);
  int len = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (send(polled[i].fd, text, (size_t)len, MSG_NOSIGNAL) != len)
    end_connection(i, false);
}

static void reply_body(int i, const char *status, const char *body) {
  reply(i,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        status, strlen(body), body);
}

static void carry_out(unsigned long number) {
  if (number >= NUMBERS_MAX)
    return;
  carried_out++;
  if (seen[number]++ == 1)
    twice++;
}

static size_t write_counts(char *to, size_t size, int group) {
  size_t len = 0;
  for (int post = 0; post < 2; post++) {
    len += (size_t)snprintf(to + len, size - len, "%s\"%s\":{", post ? "," : "",
                            post ? "POST" : "GET");
    for (int fault = 0; fault < FAULTS; fault++)
      len += (size_t)snprintf(to + len, size - len, "%s\"%s\":%llu",
                              fault ? "," : "", names[fault],
                              (unsigned long long)counts[group][post][fault]);
    len += (size_t)snprintf(to + len, size - len, "}");
  }
  return len;
}

static void reply_counts(int i) {
  char plain[1024], repeat[1024], body[3 * 1024];
  write_counts(plain, sizeof plain, 0);
  write_counts(repeat, sizeof repeat, 1);
  snprintf(body, sizeof body,
           "{\"plain\":{%s},\"repeat\":{%s},\"carried_out\":%llu,"
           "\"twice\":%llu}",
           plain, repeat, (unsigned long long)carried_out,
           (unsigned long long)twice);
  reply_body(i, "200 OK", body);
}

static void answer(int i, bool is_post, unsigned long number,
                   enum fault fault) {
  char body[64];
  bool refused =
      fault == RESET_BEFORE || fault == LIMITED || fault == UNAVAILABLE;
  if (is_post && !refused)
    carry_out(number);
  snprintf(body, sizeof body, "{\"n\":%lu}", number);
  if (fault == FINE) {
    reply_body(i, "200 OK", body);
  } else if (fault == RESET_BEFORE || fault == RESET_AFTER) {
    end_connection(i, true);
  } else if (fault == LIMITED) {
    reply(i, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n"
             "Content-Length: 0\r\n\r\n");
  } else if (fault == UNAVAILABLE) {
    reply_body(i, "503 Service Unavailable", "{}");
  } else if (fault == GARBAGE) {
    reply_body(i, "200 OK", "{\"n\":]");
  } else {
    reply(i,
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
          "Content-Length: %zu\r\n\r\n%s",
          2 * strlen(body), body);
    if (polled[i].fd >= 0)
      end_connection(i, false);
  }
}

/* Bytes of the whole request at the start; 0 while some are missing. */
static size_t whole(const struct connection *c, const char **body) {
  const char *end = strstr(c->text, "\r\n\r\n");
  if (end == NULL)
    return 0;
  *body = end + 4;
  size_t size = (size_t)(end - c->text) + 4;
  const char *length = strstr(c->text, "Content-Length: ");
  if (length != NULL && length < end)
    size += strtoul(length + 16, NULL, 10);
  return size <= c->len ? size : 0;
}

static void serve(int i, const char *text, const char *body) {
  bool is_post = strncmp(text, "POST ", 5) == 0;
  const char *path = strchr(text, '/');
  if (path == NULL) {
    end_connection(i, false);
    return;
  }
  if (strncmp(path, "/counts", 7) == 0) {
    reply_counts(i);
    return;
  }
  int group = strncmp(path, "/repeat", 7) == 0;
  const char *digits = is_post ? strstr(body, "\"n\":") : strchr(path + 1, '/');
  unsigned long number = NUMBERS_MAX;
  if (digits != NULL)
    number = strtoul(digits + (is_post ? 4 : 1), NULL, 10);
  enum fault fault = pick_fault(is_post);
  counts[group][is_post][fault]++;
  answer(i, is_post, number, fault);
}

static void read_from(int i) {
  struct connection *c = &connections[i];
  ssize_t got = recv(polled[i].fd, c->text + c->len, REQUEST_MAX - c->len, 0);
  if (got <= 0) {
    end_connection(i, false);
    return;
  }
  c->len += (size_t)got;
  c->text[c->len] = '\0';
  const char *body = NULL;
  if (whole(c, &body) == 0)
    return;
  c->len = 0; /* nobody here sends the next request before the reply */
  serve(i, c->text, body);
}

static void accept_from(int listener) {
  int fd = accept(listener, NULL, NULL), one = 1;
  if (fd < 0)
    return;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  for (int i = 0; i < CONNECTIONS_MAX; i++) {
    if (polled[i].fd < 0) {
      polled[i].fd = fd;
      connections[i].len = 0;
      return;
    }
  }
  close(fd);
}

static int listen_on_loopback(void) {
  struct sockaddr_in address;
  socklen_t len = sizeof address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(fd, 128) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &len) != 0)
    return -1;
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(void) {
  int listener = listen_on_loopback();
  seen = calloc(NUMBERS_MAX, 1);
  if (listener < 0 || seen == NULL)
    return 1;
  for (int i = 0; i < CONNECTIONS_MAX + 2; i++) {
    polled[i].fd = -1;
    polled[i].events = POLLIN;
  }
  polled[CONNECTIONS_MAX].fd = listener;
  polled[CONNECTIONS_MAX + 1].fd = STDIN_FILENO;
  while (poll(polled, CONNECTIONS_MAX + 2, -1) >= 0) {
    if (polled[CONNECTIONS_MAX + 1].revents != 0)
      break;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
      if (polled[i].fd >= 0 && polled[i].revents != 0)
        read_from(i);
    }
    if (polled[CONNECTIONS_MAX].revents != 0)
      accept_from(listener);
  }
  free(seen);
  return 0;
}
