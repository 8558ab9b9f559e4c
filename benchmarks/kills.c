/* Counts what a process does to files below a folder, and at a chosen one kills its process group or fills the disk.

Loaded by kills.py with LD_PRELOAD: what softscale and its libraries do is their own, up to the chosen call.
SOFTSCALE_KILLS_BELOW names the folder, SOFTSCALE_KILLS_CONTROL a file that holds `struct control`, and
SOFTSCALE_KILLS_LOG one to which each call is written as `kind<TAB>path`. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { OFF, LOG, KILL, FULL };

struct control {
  long mode, when, seen; /* seen: calls so far, of all processes; when: the chosen one, from 1 */
};

static struct control *control;
static const char *below;
static int log_file = -1;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("SOFTSCALE_KILLS_CONTROL"), *log = getenv("SOFTSCALE_KILLS_LOG");
  below = getenv("SOFTSCALE_KILLS_BELOW");
  if (!path || !below || !log) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) return;
  log_file = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
  control = map;
}

static const char *path_of_descriptor(int descriptor, char *into) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, into, PATH_MAX - 1);
  into[length < 0 ? 0 : length] = 0;
  return into;
}

static const char *path_at(int folder, const char *path, char *into) {
  if (path[0] == '/') return path;
  char start[PATH_MAX];
  if (folder == AT_FDCWD ? !getcwd(start, sizeof start) : !*path_of_descriptor(folder, start)) return path;
  if (snprintf(into, PATH_MAX, "%s/%s", start, path) >= PATH_MAX) return path;
  return into;
}

/* 0: the call goes on. 1: this is the chosen call, and the caller ends everything. -1: the disk is full. */
static int reached(const char *kind, const char *path) {
  if (!control || control->mode == OFF || strncmp(path, below, strlen(below))) return 0;
  int before = errno;
  long number = __atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST);
  if (control->mode == LOG) dprintf(log_file, "%s\t%s\n", kind, path + strlen(below));
  errno = before;
  if (control->mode == KILL) return number == control->when;
  return control->mode == FULL && number >= control->when ? -1 : 0;
}

static void end(void) {
  kill(0, SIGKILL);
  for (;;) pause();
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define AT(kind, path) \
  do { \
    int what = reached(kind, path); \
    if (what == 1) end(); \
  } while (0)
#define AT_OR_FULL(kind, path) \
  do { \
    int what = reached(kind, path); \
    if (what == 1) end(); \
    if (what == -1) { errno = ENOSPC; return -1; } \
  } while (0)

/* The chosen write leaves half of its bytes. */
#define WRITING(descriptor, bytes, half) \
  char path[PATH_MAX]; \
  int what = reached("write", path_of_descriptor(descriptor, path)); \
  if (what == 1) { if ((bytes) > 1) (void)!(half); end(); } \
  if (what == -1) { errno = ENOSPC; return -1; }

ssize_t write(int descriptor, const void *content, size_t bytes) {
  ssize_t (*next)(int, const void *, size_t) = NEXT(ssize_t, "write", int, const void *, size_t);
  WRITING(descriptor, bytes, next(descriptor, content, bytes / 2))
  return next(descriptor, content, bytes);
}

ssize_t pwrite64(int descriptor, const void *content, size_t bytes, off64_t from) {
  ssize_t (*next)(int, const void *, size_t, off64_t) = NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  WRITING(descriptor, bytes, next(descriptor, content, bytes / 2, from))
  return next(descriptor, content, bytes, from);
}

ssize_t pwrite(int descriptor, const void *content, size_t bytes, off_t from) {
  return pwrite64(descriptor, content, bytes, from);
}

struct iovec;
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  ssize_t (*next)(int, const struct iovec *, int) = NEXT(ssize_t, "writev", int, const struct iovec *, int);
  WRITING(descriptor, count, next(descriptor, parts, count / 2))
  return next(descriptor, parts, count);
}

int fsync(int descriptor) {
  char path[PATH_MAX];
  AT("fsync", path_of_descriptor(descriptor, path));
  return NEXT(int, "fsync", int)(descriptor);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char path[PATH_MAX];
  AT("rename", path_at(to_folder, to, path));
  return NEXT(int, "renameat2", int, const char *, int, const char *, unsigned)
      (from_folder, from, to_folder, to, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  AT("remove", path_at(folder, name, path));
  return NEXT(int, "unlinkat", int, const char *, int)(folder, name, flags);
}

int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

int mkdirat(int folder, const char *name, mode_t mode) {
  char path[PATH_MAX];
  AT_OR_FULL("mkdir", path_at(folder, name, path));
  return NEXT(int, "mkdirat", int, const char *, mode_t)(folder, name, mode);
}

int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

/* Only calls that may make or empty a file count. */
static int opened(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  if (flags & (O_CREAT | O_TRUNC)) AT("open", path_at(folder, name, path));
  return NEXT(int, "openat64", int, const char *, int, ...)(folder, name, flags, mode);
}

#define OPENING(folder) \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  } \
  return opened(folder, name, flags, mode);

int open(const char *name, int flags, ...) { OPENING(AT_FDCWD) }
int open64(const char *name, int flags, ...) { OPENING(AT_FDCWD) }
int openat(int folder, const char *name, int flags, ...) { OPENING(folder) }
int openat64(int folder, const char *name, int flags, ...) { OPENING(folder) }
