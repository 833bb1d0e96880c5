/* test_file: reading, replacing and deleting private files. Works in a folder
 * of its own, which it makes and deletes. */
#define _XOPEN_SOURCE 700 /* mkdtemp, mkfifo */

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum { CONTENT_MAX = 1000 };

static struct zd_file_fault fault;

static bool replace(const char *path, const char *text) {
  return zd_file_replace(path, text, strlen(text), &fault) == ZD_OK;
}

static bool reads(const char *path, const char *text) {
  struct zd_buf out;
  zd_buf_init(&out, CONTENT_MAX);
  enum zd_status status = zd_file_read(path, &out, &fault);
  bool same = status == ZD_OK && out.len == strlen(text) &&
              (out.len == 0 || memcmp(out.data, text, out.len) == 0);
  zd_buf_free(&out);
  return same;
}

static bool read_fails_with(const char *path, const char *name) {
  struct zd_buf out;
  zd_buf_init(&out, CONTENT_MAX);
  enum zd_status status = zd_file_read(path, &out, &fault);
  zd_buf_free(&out);
  return status == ZD_SYSTEM && strcmp(zd_file_fault_name(&fault), name) == 0;
}

static bool replace_fails_with(const char *path, const char *name) {
  return !replace(path, "new") && strcmp(zd_file_fault_name(&fault), name) == 0;
}

static bool remove_fails_with(const char *path, const char *name) {
  return zd_file_remove(path, &fault) == ZD_SYSTEM &&
         strcmp(zd_file_fault_name(&fault), name) == 0;
}

static mode_t mode_of(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 ? info.st_mode & 07777 : 0;
}

static bool exists(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0;
}

static void put(const char *path, const char *text, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0);
  CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  CHECK(fchmod(fd, mode) == 0);
  CHECK(close(fd) == 0);
}

/* The number of files in the folder, or -1. */
static int count_files(void) {
  int count = 0;
  DIR *dir = opendir(".");
  if (dir == NULL)
    return -1;
  for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
    if (entry->d_name[0] != '.')
      count++;
  closedir(dir);
  return count;
}

static void a_file_is_created_private_and_read_back(void) {
  mode_t before = umask(0);
  CHECK(replace("tokens", "first"));
  CHECK(mode_of("tokens") == 0600);
  umask(0777);
  CHECK(replace("tokens", "second"));
  CHECK(mode_of("tokens") == 0600);
  umask(before);
  CHECK(reads("tokens", "second"));
  CHECK(reads("./tokens", "second"));
  CHECK(replace("tokens", ""));
  CHECK(reads("tokens", ""));
  CHECK(count_files() == 1);
  CHECK(zd_file_remove("tokens", &fault) == ZD_OK);
  CHECK(!exists("tokens"));
}

static void a_file_larger_than_the_maximum_is_refused(void) {
  char text[CONTENT_MAX + 2];
  memset(text, 'x', sizeof text);
  text[CONTENT_MAX] = '\0';
  CHECK(replace("tokens", text));
  CHECK(reads("tokens", text));
  text[CONTENT_MAX] = 'x';
  text[CONTENT_MAX + 1] = '\0';
  CHECK(replace("tokens", text));
  CHECK(read_fails_with("tokens", "too_large"));
  CHECK(zd_file_remove("tokens", &fault) == ZD_OK);
}

static void a_missing_file_is_told_from_a_missing_folder(void) {
  CHECK(read_fails_with("tokens", "ENOENT"));
  CHECK(read_fails_with("nowhere/tokens", "no_folder"));
  CHECK(replace_fails_with("nowhere/tokens", "no_folder"));
  CHECK(remove_fails_with("nowhere/tokens", "no_folder"));
  CHECK(zd_file_remove("tokens", &fault) == ZD_OK);
  put("plain", "", 0600);
  CHECK(read_fails_with("plain/tokens", "ENOTDIR"));
  CHECK(replace_fails_with("plain/tokens", "ENOTDIR"));
  CHECK(unlink("plain") == 0);
}

static void a_path_that_names_no_file_is_refused(void) {
  static const char *const paths[] = {"", "nowhere/", "/", ".", "..", "./.."};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
    CHECK(replace_fails_with(paths[i], "bad_path"));
  CHECK(read_fails_with("", "bad_path"));
  CHECK(read_fails_with(".", "not_regular"));
}

static void a_symbolic_link_is_refused_whatever_it_leads_to(void) {
  put("target", "secret", 0600);
  CHECK(symlink("target", "link") == 0);
  CHECK(symlink("nothing", "dangling") == 0);
  CHECK(read_fails_with("link", "symlink"));
  CHECK(read_fails_with("dangling", "symlink"));
  CHECK(replace_fails_with("link", "symlink"));
  CHECK(replace_fails_with("dangling", "symlink"));
  CHECK(remove_fails_with("link", "symlink"));
  CHECK(reads("target", "secret"));
  CHECK(unlink("link") == 0 && unlink("dangling") == 0 &&
        unlink("target") == 0);
}

static void a_linked_folder_on_the_way_is_followed(void) {
  CHECK(mkdir("folder", 0700) == 0);
  CHECK(symlink("folder", "way") == 0);
  CHECK(replace("way/tokens", "there"));
  CHECK(reads("folder/tokens", "there"));
  CHECK(zd_file_remove("way/tokens", &fault) == ZD_OK);
  CHECK(unlink("way") == 0 && rmdir("folder") == 0);
}

static void what_is_no_regular_file_is_refused_without_waiting(void) {
  CHECK(mkfifo("fifo", 0600) == 0);
  CHECK(read_fails_with("fifo", "not_regular"));
  CHECK(replace_fails_with("fifo", "not_regular"));
  CHECK(unlink("fifo") == 0);
  CHECK(mkdir("folder", 0700) == 0);
  CHECK(read_fails_with("folder", "not_regular"));
  CHECK(replace_fails_with("folder", "not_regular"));
  CHECK(remove_fails_with("folder", "not_regular"));
  CHECK(rmdir("folder") == 0);
}

static void permissions_of_others_are_refused(void) {
  static const mode_t modes[] = {0640, 0604, 0610, 0602, 0644, 0666, 0777};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    put("tokens", "secret", modes[i]);
    CHECK(read_fails_with("tokens", "loose"));
    CHECK(fault.mode == modes[i]);
    CHECK(replace_fails_with("tokens", "loose"));
    CHECK(unlink("tokens") == 0);
  }
  put("tokens", "secret", 0400);
  CHECK(reads("tokens", "secret"));
  CHECK(replace("tokens", "next"));
  CHECK(mode_of("tokens") == 0600);
  CHECK(unlink("tokens") == 0);
}

static void the_file_of_another_user_is_refused(void) {
  if (geteuid() != 0)
    return; /* only root can give a file away */
  put("tokens", "secret", 0600);
  CHECK(chown("tokens", 12345, 12345) == 0);
  CHECK(read_fails_with("tokens", "foreign"));
  CHECK(replace_fails_with("tokens", "foreign"));
  CHECK(remove_fails_with("tokens", "foreign"));
  CHECK(unlink("tokens") == 0);
}

static void a_sweep_deletes_leftovers_and_nothing_else(void) {
  put("tokens", "kept", 0600);
  put("tokens.tmp-0123456789abcdef", "left", 0600);
  put("tokens.tmp-fedcba9876543210", "left", 0600);
  put("tokens.tmp-0123456789abcde", "too short", 0600);
  put("tokens.tmp-0123456789abcdefa", "too long", 0600);
  put("tokens.tmp-0123456789abcdeX", "no digit", 0600);
  put("others.tmp-0123456789abcdef", "of another file", 0600);
  CHECK(zd_file_sweep("tokens", &fault) == ZD_OK);
  CHECK(!exists("tokens.tmp-0123456789abcdef"));
  CHECK(!exists("tokens.tmp-fedcba9876543210"));
  CHECK(count_files() == 5);
  CHECK(zd_file_sweep("nowhere/tokens", &fault) == ZD_SYSTEM);
  CHECK(unlink("tokens.tmp-0123456789abcde") == 0);
  CHECK(unlink("tokens.tmp-0123456789abcdefa") == 0);
  CHECK(unlink("tokens.tmp-0123456789abcdeX") == 0);
  CHECK(unlink("others.tmp-0123456789abcdef") == 0);
  CHECK(unlink("tokens") == 0);
}

static void only_an_empty_file_is_made_private(void) {
  put("empty", "", 0644);
  put("filled", "text", 0644);
  CHECK(symlink("filled", "link") == 0);
  CHECK(zd_file_protect("empty", &fault) == ZD_OK);
  CHECK(zd_file_protect("filled", &fault) == ZD_OK);
  CHECK(zd_file_protect("link", &fault) == ZD_OK);
  CHECK(mode_of("empty") == 0600);
  CHECK(mode_of("filled") == 0644);
  CHECK(zd_file_protect("missing", &fault) == ZD_SYSTEM);
  CHECK(unlink("empty") == 0 && unlink("link") == 0 && unlink("filled") == 0);
}

static void a_name_too_long_for_its_temporary_file_is_an_error(void) {
  char name[251];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  CHECK(replace_fails_with(name, "ENAMETOOLONG"));
}

static void descriptors_are_given_back(void) {
  int before = dup(0);
  close(before);
  for (int i = 0; i < 50; i++) {
    CHECK(replace("tokens", "again"));
    CHECK(reads("tokens", "again"));
    CHECK(zd_file_sweep("tokens", &fault) == ZD_OK);
    CHECK(read_fails_with("nowhere/tokens", "no_folder"));
    CHECK(replace_fails_with("nowhere/tokens", "no_folder"));
  }
  int after = dup(0);
  close(after);
  CHECK(before == after);
  CHECK(zd_file_remove("tokens", &fault) == ZD_OK);
}

static void a_fault_without_a_name_still_has_words(void) {
  fault.refusal = ZD_FILE_NOT_REFUSED;
  fault.error = -1;
  CHECK(strcmp(zd_file_fault_name(&fault), "unknown") == 0);
  CHECK(strlen(zd_file_fault_words(&fault)) > 0);
}

int main(void) {
  char folder[] = "/tmp/zd_test_file_XXXXXX";
  if (mkdtemp(folder) == NULL || chdir(folder) != 0)
    return 2;
  a_file_is_created_private_and_read_back();
  a_file_larger_than_the_maximum_is_refused();
  a_missing_file_is_told_from_a_missing_folder();
  a_path_that_names_no_file_is_refused();
  a_symbolic_link_is_refused_whatever_it_leads_to();
  a_linked_folder_on_the_way_is_followed();
  what_is_no_regular_file_is_refused_without_waiting();
  permissions_of_others_are_refused();
  the_file_of_another_user_is_refused();
  a_sweep_deletes_leftovers_and_nothing_else();
  only_an_empty_file_is_made_private();
  a_name_too_long_for_its_temporary_file_is_an_error();
  descriptors_are_given_back();
  a_fault_without_a_name_still_has_words();
  CHECK(count_files() == 0);
  CHECK(chdir("/") == 0 && rmdir(folder) == 0);
  return check_result();
}
