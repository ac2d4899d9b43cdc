/* A disk that forgets, fails, is full or tells a wrong time, put before the calls that Postgres makes (LD_PRELOAD).

   What was written and not yet synced is kept beside the data, as what stood there before: whoever cuts the power puts
   it back (disk.py). A sync makes what was written to that file safe, and only that. Names are safe at once, as they
   are on a journalling file system. Nothing here needs a privilege, a mount or a device.

   COI_DISK names the folder with `control`, a page that tests write while Postgres runs, and `undo`. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NOWHERE, WAL, DATA };
enum { NO_CALL, WRITE, SYNC, OPEN, RENAME };

struct control {
    int32_t cut;       /* the power is off: whoever calls is gone */
    int32_t lies;      /* a sync says that it is done, and nothing becomes safe */
    int32_t full;      /* 1 no room for WAL, 2 no room for data to grow, 3 both */
    int32_t call;      /* the kind of call that fails */
    int32_t where;     /* where: 1 WAL, 2 data, 3 either */
    int32_t error;     /* how: an errno, or 0 for being killed in it */
    int32_t countdown; /* the call that fails is the one that brings this to 0 */
    int32_t fired;     /* how often it failed */
    int64_t shift;     /* microseconds by which the clock goes wrong */
};

struct before {
    int64_t offset, size, kept; /* where was written, how long the file was, how many bytes of what stood there follow */
};

#define FILES 4096
static struct control *control;
static char undo[512];
static char places[FILES];

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fallocate)(int, off_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_unlink)(const char *);
static int (*real_gettimeofday)(struct timeval *, void *);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("COI_DISK");
    char path[512];
    real_open = dlsym(RTLD_NEXT, "open");
    real_close = dlsym(RTLD_NEXT, "close");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_fallocate = dlsym(RTLD_NEXT, "posix_fallocate");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_rename = dlsym(RTLD_NEXT, "rename");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    real_gettimeofday = dlsym(RTLD_NEXT, "gettimeofday");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (!folder)
        return;
    snprintf(undo, sizeof undo, "%s/undo", folder);
    snprintf(path, sizeof path, "%s/control", folder);
    int fd = real_open(path, O_RDWR);
    if (fd < 0)
        return;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    real_close(fd);
    if (page != MAP_FAILED)
        control = page;
}

/* Postgres works in its data folder and names its files from there. */
static int place_of(const char *path)
{
    if (!control || path[0] == '/' || !strncmp(path, "postmaster.", 11) || !strncmp(path, "pg_stat", 7))
        return NOWHERE;
    return strncmp(path, "pg_wal/", 7) ? DATA : WAL;
}

static int place(int fd)
{
    return control && fd >= 0 && fd < FILES ? places[fd] : NOWHERE;
}

/* 0 to go on; otherwise the errno that the call fails with. */
static int fails(int call, int where)
{
    if (where == NOWHERE)
        return 0;
    if (control->cut)
        kill(getpid(), SIGKILL);
    if (control->call != call || !(control->where & where) || control->countdown <= 0)
        return 0;
    if (__atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST) != 0)
        return 0;
    __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
    if (!control->error)
        kill(getpid(), SIGKILL);
    return control->error;
}

static int full(int fd, int where, int64_t end)
{
    struct stat now;
    if (where == WAL)
        return control->full & 1;
    return where == DATA && control->full & 2 && !fstat(fd, &now) && end > now.st_size;
}

static int undo_file(const struct stat *of)
{
    char path[640];
    snprintf(path, sizeof path, "%s/%lu", undo, (unsigned long)of->st_ino);
    int fd = real_open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

/* Keeps what stands where something will be written; the file that comes back is locked until it is closed. */
static int keep(int fd, int64_t offset, int64_t length)
{
    struct stat now;
    if (fstat(fd, &now))
        return -1;
    int log = undo_file(&now);
    struct before was = {offset, now.st_size, 0};
    if (offset < now.st_size)
        was.kept = now.st_size - offset < length ? now.st_size - offset : length;
    char *bytes = malloc(sizeof was + was.kept);
    if (was.kept)
        was.kept = pread(fd, bytes + sizeof was, was.kept, offset);
    memcpy(bytes, &was, sizeof was);
    real_write(log, bytes, sizeof was + was.kept);
    free(bytes);
    return log;
}

static void forget(const char *path)
{
    struct stat now;
    char kept[640];
    if (place_of(path) == NOWHERE || stat(path, &now) || now.st_nlink > 1)
        return;
    snprintf(kept, sizeof kept, "%s/%lu", undo, (unsigned long)now.st_ino);
    real_unlink(kept);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    int where = place_of(path), error = fails(OPEN, where);
    if (error) {
        errno = error;
        return -1;
    }
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < FILES)
        places[fd] = where;
    if (fd >= 0 && where != NOWHERE && flags & O_TRUNC) {
        struct stat now;
        if (!fstat(fd, &now))
            forget(path);
    }
    return fd;
}

int close(int fd)
{
    if (fd >= 0 && fd < FILES)
        places[fd] = NOWHERE;
    return real_close(fd);
}

#define WRITTEN(fd, offset, length, really)                        \
    int where = place(fd), error = fails(WRITE, where);            \
    if (where == NOWHERE)                                          \
        return really;                                             \
    if (!error && full(fd, where, (int64_t)(offset) + (length)))   \
        error = ENOSPC;                                            \
    if (error) {                                                   \
        errno = error;                                             \
        return -1;                                                 \
    }                                                              \
    int log = keep(fd, offset, length);                            \
    ssize_t done = really;                                         \
    int said = errno;                                              \
    real_close(log);                                               \
    errno = said;                                                  \
    return done

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset)
{
    WRITTEN(fd, offset, length, real_pwrite(fd, bytes, length, offset));
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    WRITTEN(fd, lseek(fd, 0, SEEK_CUR), length, real_write(fd, bytes, length));
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    size_t length = 0;
    for (int i = 0; i < count; i++)
        length += parts[i].iov_len;
    WRITTEN(fd, offset, length, real_pwritev(fd, parts, count, offset));
}

int ftruncate(int fd, off_t length)
{
    struct stat now;
    if (place(fd) == NOWHERE || fstat(fd, &now) || length >= now.st_size)
        return real_ftruncate(fd, length);
    WRITTEN(fd, length, now.st_size - length, real_ftruncate(fd, length));
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    int where = place(fd), error = fails(WRITE, where);
    if (!error && where != NOWHERE && full(fd, where, offset + length))
        error = ENOSPC;
    return error ? error : real_fallocate(fd, offset, length);
}

static int synced(int fd, int (*really)(int))
{
    int where = place(fd), error = fails(SYNC, where);
    struct stat now;
    if (where == NOWHERE)
        return really(fd);
    if (error) {
        errno = error;
        return -1;
    }
    if (control->lies || fstat(fd, &now))
        return 0;
    int log = undo_file(&now);
    int done = real_ftruncate(log, 0);
    real_close(log);
    return done;
}

int fsync(int fd)
{
    return synced(fd, real_fsync);
}

int fdatasync(int fd)
{
    return synced(fd, real_fdatasync);
}

int rename(const char *from, const char *to)
{
    int error = fails(RENAME, place_of(to));
    if (error) {
        errno = error;
        return -1;
    }
    forget(to);
    return real_rename(from, to);
}

int unlink(const char *path)
{
    forget(path);
    return real_unlink(path);
}

int gettimeofday(struct timeval *told, void *zone)
{
    int done = real_gettimeofday(told, zone);
    if (!done && control && control->shift) {
        int64_t now = told->tv_sec * 1000000LL + told->tv_usec + control->shift;
        told->tv_sec = now / 1000000;
        told->tv_usec = now % 1000000;
    }
    return done;
}

int clock_gettime(clockid_t which, struct timespec *told)
{
    int done = real_clock_gettime(which, told);
    if (!done && which == CLOCK_REALTIME && control && control->shift) {
        int64_t now = told->tv_sec * 1000000LL + told->tv_nsec / 1000 + control->shift;
        told->tv_nsec = now % 1000000 * 1000 + told->tv_nsec % 1000;
        told->tv_sec = now / 1000000;
    }
    return done;
}
