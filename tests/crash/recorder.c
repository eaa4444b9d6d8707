// Preloaded into a program, writes down what it asks of the disk under RECORDER_FOLDER, in order, in the file
// RECORDER_LOG. One record is a line `kind offset size name`, then `size` bytes:
//
//   o  created or emptied at opening        w  `size` bytes written at `offset`
//   t  cut or grown to `offset` bytes       s  synced: all before it is on disk
//   u  removed                              r  renamed; the bytes are the new name
//
// Writes through mmap are not seen: SQLite makes them in the -shm file only, which recovery rebuilds.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FDS 4096
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// Held around the call and its record: the log has the order in which the disk saw the calls.
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static char *names[MOST_FDS]; // of the watched files, by descriptor
static int log_fd = -1;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("RECORDER_LOG");
    if (path) log_fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

// The name inside the watched folder, or NULL.
static const char *watched(const char *path) {
    const char *folder = getenv("RECORDER_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    int inside = log_fd >= 0 && length && strncmp(path, folder, length) == 0 && path[length] == '/';
    return inside ? path + length + 1 : NULL;
}

static const char *name_of(int fd) { return fd >= 0 && fd < MOST_FDS ? names[fd] : NULL; }

static void put(const void *bytes, size_t size) {
    // A record that is not written makes the log lie: better no test than that one.
    if (size && REAL(write)(log_fd, bytes, size) != (ssize_t)size) abort();
}

static void record(char kind, const char *name, long long offset, const void *bytes, size_t size) {
    char head[4200];
    put(head, (size_t)snprintf(head, sizeof head, "%c %lld %zu %s\n", kind, offset, size, name));
    put(bytes, size);
}

// The call, then its record when it did what was asked.
#define RECORDED(type, call, good, ...)              \
    do {                                             \
        pthread_mutex_lock(&order);                  \
        type result = (call);                        \
        if (good) record(__VA_ARGS__);               \
        pthread_mutex_unlock(&order);                \
        return result;                               \
    } while (0)

static int opened(int fd, const char *path, int flags, int existed) {
    const char *name = watched(path);
    if (fd < 0 || !name) return fd;
    if (fd >= MOST_FDS) abort();
    pthread_mutex_lock(&order);
    names[fd] = strdup(name);
    if (!existed || (flags & O_TRUNC)) record('o', name, 0, NULL, 0);
    pthread_mutex_unlock(&order);
    return fd;
}

#define OPEN(function, call)                                     \
    va_list rest;                                                \
    va_start(rest, flags);                                       \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;    \
    va_end(rest);                                                \
    int existed = access(path, F_OK) == 0;                       \
    return opened(call, path, flags, existed)

int open(const char *path, int flags, ...) { OPEN(open, REAL(open)(path, flags, mode)); }
int open64(const char *path, int flags, ...) { OPEN(open64, REAL(open64)(path, flags, mode)); }
int openat(int at, const char *path, int flags, ...) { OPEN(openat, REAL(openat)(at, path, flags, mode)); }
int openat64(int at, const char *path, int flags, ...) { OPEN(openat64, REAL(openat64)(at, path, flags, mode)); }

int close(int fd) {
    if (name_of(fd)) {
        free(names[fd]);
        names[fd] = NULL;
    }
    return REAL(close)(fd);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    if (!name_of(fd)) return REAL(write)(fd, bytes, size);
    off_t at = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    RECORDED(ssize_t, REAL(write)(fd, bytes, size), result > 0, 'w', names[fd], at, bytes, (size_t)result);
}

#define PWRITE(function)                                                                             \
    if (!name_of(fd)) return REAL(function)(fd, bytes, size, at);                                    \
    RECORDED(ssize_t, REAL(function)(fd, bytes, size, at), result > 0, 'w', names[fd], at, bytes, (size_t)result)

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { PWRITE(pwrite); }
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) { PWRITE(pwrite64); }

#define ONE_FD(function, kind, offset, ...)                                                \
    if (!name_of(fd)) return REAL(function)(__VA_ARGS__);                                  \
    RECORDED(int, REAL(function)(__VA_ARGS__), result == 0, kind, names[fd], offset, NULL, 0)

int ftruncate(int fd, off_t size) { ONE_FD(ftruncate, 't', size, fd, size); }
int ftruncate64(int fd, off64_t size) { ONE_FD(ftruncate64, 't', size, fd, size); }
int fsync(int fd) { ONE_FD(fsync, 's', 0, fd); }
int fdatasync(int fd) { ONE_FD(fdatasync, 's', 0, fd); }

int unlink(const char *path) {
    if (!watched(path)) return REAL(unlink)(path);
    RECORDED(int, REAL(unlink)(path), result == 0, 'u', watched(path), 0, NULL, 0);
}

int rename(const char *from, const char *to) {
    if (!watched(from) || !watched(to)) return REAL(rename)(from, to);
    RECORDED(int, REAL(rename)(from, to), result == 0, 'r', watched(from), 0, watched(to), strlen(watched(to)));
}
