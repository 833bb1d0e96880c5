/* loopback: an HTTP server for C tests, in a thread of the test program. It
 * answers every request on every connection with "{}", /late after a moment and
 * /hang never, and ends with loopback_stop. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  LOOPBACK_CONNECTIONS = 256,
  LOOPBACK_HEAD = 8192,
  LOOPBACK_LATE_MS = 20
};

struct loopback_connection {
  char head[LOOPBACK_HEAD];
  size_t len;
};

struct loopback {
  unsigned port;
  int stop_pipe[2];
  pthread_t thread;
  struct pollfd polled[LOOPBACK_CONNECTIONS];
  struct loopback_connection connections[LOOPBACK_CONNECTIONS];
  int count;
};

static const char LOOPBACK_REPLY[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}";

/* Returns false when the connection is over. */
static inline bool loopback_serve(int fd, struct loopback_connection *c) {
  ssize_t got = read(fd, c->head + c->len, sizeof(c->head) - 1 - c->len);
  if (got <= 0)
    return false;
  c->len += (size_t)got;
  c->head[c->len] = '\0';
  if (strstr(c->head, "\r\n\r\n") == NULL)
    return c->len < sizeof(c->head) - 1;
  c->len = 0;
  if (strstr(c->head, " /hang ") != NULL)
    return true;
  if (strstr(c->head, " /late ") != NULL)
    poll(NULL, 0, LOOPBACK_LATE_MS);
  return write(fd, LOOPBACK_REPLY, sizeof(LOOPBACK_REPLY) - 1) > 0;
}

static inline void loopback_accept(struct loopback *server) {
  int fd = accept(server->polled[1].fd, NULL, NULL);
  if (fd < 0)
    return;
  if (server->count == LOOPBACK_CONNECTIONS) {
    close(fd);
    return;
  }
  server->polled[server->count].fd = fd;
  server->polled[server->count].events = POLLIN;
  server->polled[server->count].revents = 0;
  server->connections[server->count].len = 0;
  server->count++;
}

static inline void loopback_drop(struct loopback *server, int index) {
  close(server->polled[index].fd);
  server->count--;
  server->polled[index] = server->polled[server->count];
  server->connections[index] = server->connections[server->count];
}

/* The first place is the pipe that ends it, the second one the listener. */
static inline void *loopback_run(void *user) {
  struct loopback *server = user;
  while (poll(server->polled, (nfds_t)server->count, -1) >= 0 &&
         server->polled[0].revents == 0) {
    for (int i = server->count - 1; i >= 2; i--)
      if (server->polled[i].revents != 0 &&
          !loopback_serve(server->polled[i].fd, &server->connections[i]))
        loopback_drop(server, i);
    if (server->polled[1].revents != 0)
      loopback_accept(server);
  }
  while (server->count > 1)
    loopback_drop(server, server->count - 1);
  return NULL;
}

static inline bool loopback_start(struct loopback *server) {
  struct sockaddr_in address;
  socklen_t len = sizeof(address);
  memset(server, 0, sizeof(*server));
  memset(&address, 0, sizeof(address));
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (pipe(server->stop_pipe) != 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
      listen(listener, 128) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &len) != 0)
    return false;
  server->port = ntohs(address.sin_port);
  server->polled[0].fd = server->stop_pipe[0];
  server->polled[1].fd = listener;
  server->polled[0].events = server->polled[1].events = POLLIN;
  server->count = 2;
  return pthread_create(&server->thread, NULL, loopback_run, server) == 0;
}

static inline void loopback_stop(struct loopback *server) {
  close(server->stop_pipe[1]);
  pthread_join(server->thread, NULL);
  close(server->stop_pipe[0]);
}

#endif
