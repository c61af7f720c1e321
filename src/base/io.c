#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

void io_sanitize(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(EX_OSERR);
}

/* May the same call be made again? A descriptor that another process has made non-blocking (they
 * share the flag) is waited for. */
static bool io_again(int fd, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    struct pollfd wait = { .fd = fd, .events = events };
    return poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

int io_write(int fd, const void *octets, size_t len)
{
    const char *at = octets;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n >= 0) {
            at += n;
            len -= (size_t)n;
        } else if (!io_again(fd, POLLOUT)) {
            return -1;
        }
    }
    return 0;
}

ssize_t io_read(int fd, void *octets, size_t len)
{
    ssize_t n = 0;
    do
        n = read(fd, octets, len);
    while (n < 0 && io_again(fd, POLLIN));
    return n;
}

ssize_t io_read_at(int fd, void *octets, size_t len, uint64_t offset)
{
    ssize_t n = 0;
    do
        n = pread(fd, octets, len, (off_t)offset);
    while (n < 0 && io_again(fd, POLLIN));
    return n;
}

/* For file systems without O_TMPFILE. */
static int io_create_and_unlink(const char *folder)
{
    BUF path = { 0 };
    buf_addf(&path, "%s/postbag.XXXXXX", folder);
    int fd = mkostemp(path.at, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.at);
    return fd;
}

int io_open_temporary(struct err *e)
{
    const char *folder = secure_getenv("TMPDIR");
    if (!folder || *folder != '/')
        folder = "/tmp";
    int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = io_create_and_unlink(folder);
    if (fd < 0)
        return err_system(e, ERR_CREATE, errno, "cannot create a temporary file in %s", folder);
    return fd;
}

int io_open_file(const char *path)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &facts) < 0 || S_ISREG(facts.st_mode) || S_ISCHR(facts.st_mode))
        return fd;
    io_close(&fd);
    errno = EINVAL;
    return -1;
}

/* How much to read at a time: all that a regular file is said to hold, and one octet that shows
 * its end. */
static size_t io_piece(int fd)
{
    struct stat facts;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0)
        return (size_t)facts.st_size + 1;
    return 4096;
}

/* Appends up to `limit` + 1 octets. 0 at the end of the file or beyond the limit, -1 with errno. */
static int io_append(int fd, size_t limit, struct buf *to)
{
    size_t piece = io_piece(fd);
    size_t before = to->len;
    for (;;) {
        size_t left = limit + 1 - (to->len - before);
        char *room = buf_room(to, piece < left ? piece : left);
        ssize_t n = room ? io_read(fd, room, piece < left ? piece : left) : 0;
        if (n <= 0)
            return (int)n;
        buf_grew(to, (size_t)n);
        if (to->len - before > limit)
            return 0;
    }
}

int io_read_all(int fd, const char *name, size_t limit, struct buf *to, struct err *e)
{
    size_t before = to->len;
    int done = io_append(fd, limit, to);
    if (done < 0)
        done = err_system(e, ERR_IO, errno, "cannot read %s", name);
    else if (to->len - before > limit || to->failed)
        done = err_set(e, ERR_DATA, "%s is larger than %zu octets", name, limit);
    if (done < 0)
        buf_truncate(to, before);
    return done;
}

int io_lock(int fd, int how)
{
    int done;
    do
        done = flock(fd, how);
    while (done < 0 && errno == EINTR);
    return done;
}

bool io_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

void io_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
