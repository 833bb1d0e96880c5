/* test_watch: the order of changes, and when descriptors are closed. */
#define _POSIX_C_SOURCE 200809L

#include "core/watch.h"

#include <fcntl.h>
#include <unistd.h>

#include "check.h"

static bool next_is(struct zd_watch_queue *queue, int fd,
                    enum zd_watch_event what) {
  struct zd_watch watch;
  return zd_watch_take(queue, &watch) && watch.fd == fd && watch.what == what;
}

static bool is_empty(struct zd_watch_queue *queue) {
  struct zd_watch watch;
  return !zd_watch_take(queue, &watch);
}

static void changes_come_out_in_order(void) {
  struct zd_watch_queue queue = {0};
  CHECK(is_empty(&queue));
  bool in_order = true;
  for (int fd = 0; fd < 1000; fd++)
    in_order = in_order && zd_watch_put(&queue, fd, ZD_WATCH_READ) == ZD_OK;
  for (int fd = 0; fd < 1000; fd++)
    in_order = in_order && next_is(&queue, fd, ZD_WATCH_READ);
  CHECK(in_order);
  CHECK(is_empty(&queue));
  zd_watch_free(&queue);
  zd_watch_free(&queue);
}

static void a_change_not_yet_taken_is_replaced(void) {
  struct zd_watch_queue queue = {0};
  CHECK(zd_watch_put(&queue, 5, ZD_WATCH_WRITE) == ZD_OK);
  CHECK(zd_watch_put(&queue, 6, ZD_WATCH_READ) == ZD_OK);
  CHECK(zd_watch_put(&queue, 5, ZD_WATCH_BOTH) == ZD_OK);
  CHECK(next_is(&queue, 5, ZD_WATCH_BOTH));
  CHECK(next_is(&queue, 6, ZD_WATCH_READ));
  CHECK(is_empty(&queue));
  zd_watch_free(&queue);
}

static void a_removal_is_never_merged(void) {
  struct zd_watch_queue queue = {0};
  CHECK(zd_watch_put(&queue, 5, ZD_WATCH_READ) == ZD_OK);
  CHECK(zd_watch_put(&queue, 5, ZD_WATCH_NONE) == ZD_OK);
  CHECK(zd_watch_put(&queue, 5, ZD_WATCH_WRITE) == ZD_OK);
  CHECK(next_is(&queue, 5, ZD_WATCH_READ));
  CHECK(next_is(&queue, 5, ZD_WATCH_NONE));
  CHECK(next_is(&queue, 5, ZD_WATCH_WRITE));
  CHECK(is_empty(&queue));
  zd_watch_free(&queue);
}

static bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

static void a_descriptor_outlives_its_last_change(void) {
  struct zd_watch_queue queue = {0};
  int fd = open("/dev/null", O_RDONLY);
  CHECK(zd_watch_put(&queue, fd, ZD_WATCH_NONE) == ZD_OK);
  zd_watch_put_close(&queue, fd);
  CHECK(is_open(fd));
  CHECK(next_is(&queue, fd, ZD_WATCH_NONE));
  CHECK(is_open(fd));
  CHECK(is_empty(&queue));
  CHECK(!is_open(fd));
  zd_watch_free(&queue);
}

static void what_waits_for_closing_is_closed_with_the_queue(void) {
  struct zd_watch_queue queue = {0};
  int fd = open("/dev/null", O_RDONLY);
  CHECK(zd_watch_put(&queue, fd, ZD_WATCH_READ) == ZD_OK);
  zd_watch_put_close(&queue, fd);
  zd_watch_free(&queue);
  CHECK(!is_open(fd));
}

static void a_queue_that_is_never_empty_stays_small(void) {
  struct zd_watch_queue queue = {0};
  CHECK(zd_watch_put(&queue, 0, ZD_WATCH_READ) == ZD_OK);
  bool in_order = true;
  for (int fd = 1; fd < 10000; fd++)
    in_order = in_order && zd_watch_put(&queue, fd, ZD_WATCH_READ) == ZD_OK &&
               next_is(&queue, fd - 1, ZD_WATCH_READ);
  CHECK(in_order && queue.cap <= 64);
  zd_watch_free(&queue);
}

int main(void) {
  changes_come_out_in_order();
  a_change_not_yet_taken_is_replaced();
  a_removal_is_never_merged();
  a_descriptor_outlives_its_last_change();
  what_waits_for_closing_is_closed_with_the_queue();
  a_queue_that_is_never_empty_stays_small();
  return check_result();
}
