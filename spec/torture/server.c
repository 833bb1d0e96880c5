/* server: torture_serve of torture.h. One connection at a time is enough for
 * clients that make one call after the other. */
#define _POSIX_C_SOURCE 200809L

#include "torture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 16, REQUEST_MAX = 16 * 1024 };

static const char FINE[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n"
                           "Content-Type: application/json\r\n"
                           "X-Request-Id: torture\r\n\r\n{\"ok\":true}";
static const char REFUSED[] =
    "HTTP/1.1 422 Unprocessable\r\nContent-Length: 34\r\n"
    "Content-Type: application/json\r\n\r\n"
    "{\"error\":\"RecordInvalid\",\"x\":[1]} ";

static int listener;
static struct {
  char text[REQUEST_MAX + 1];
  size_t len;
} requests[CONNECTIONS_MAX];
static struct pollfd polled[CONNECTIONS_MAX + 1];

/* Bytes of the whole request at the start of `text`; 0 while some are missing.
 */
static size_t whole(const char *text, size_t len) {
  const char *end = strstr(text, "\r\n\r\n");
  if (end == NULL)
    return 0;
  size_t size = (size_t)(end - text) + 4;
  const char *length = strstr(text, "Content-Length: ");
  if (length != NULL && length < end)
    size += strtoul(length + 16, NULL, 10);
  return size <= len ? size : 0;
}

static void end_connection(int i) {
  close(polled[i].fd);
  polled[i].fd = -1;
}

static void serve_connection(int i) {
  char *text = requests[i].text;
  ssize_t got =
      read(polled[i].fd, text + requests[i].len, REQUEST_MAX - requests[i].len);
  if (got <= 0) {
    end_connection(i);
    return;
  }
  requests[i].len += (size_t)got;
  text[requests[i].len] = '\0';
  size_t size = whole(text, requests[i].len);
  if (size == 0)
    return;
  bool refuses = strstr(text, " /refused") != NULL;
  const char *reply = refuses ? REFUSED : FINE;
  requests[i].len = 0;
  if (send(polled[i].fd, reply, strlen(reply), MSG_NOSIGNAL) < 0)
    end_connection(i);
}

static void accept_connection(void) {
  int fd = accept(listener, NULL, NULL);
  for (int i = 0; i < CONNECTIONS_MAX && fd >= 0; i++) {
    if (polled[i].fd >= 0)
      continue;
    polled[i].fd = fd;
    requests[i].len = 0;
    return;
  }
  if (fd >= 0)
    close(fd);
}

static void *serve(void *unused) {
  (void)unused;
  for (;;) {
    if (poll(polled, CONNECTIONS_MAX + 1, -1) < 0)
      continue;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
      if (polled[i].fd >= 0 && polled[i].revents != 0)
        serve_connection(i);
    }
    if (polled[CONNECTIONS_MAX].revents != 0)
      accept_connection();
  }
  return NULL;
}

unsigned torture_serve(void) {
  struct sockaddr_in address;
  socklen_t len = sizeof address;
  pthread_t thread;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &len) != 0)
    return 0;
  for (int i = 0; i <= CONNECTIONS_MAX; i++) {
    polled[i].fd = i == CONNECTIONS_MAX ? listener : -1;
    polled[i].events = POLLIN;
  }
  if (pthread_create(&thread, NULL, serve, NULL) != 0)
    return 0;
  return ntohs(address.sin_port);
}
