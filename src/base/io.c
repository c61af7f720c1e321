#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
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

int io_write_at(int fd, const void *octets, size_t len, uint64_t offset)
{
    const char *at = octets;
    while (len) {
        ssize_t n = pwrite(fd, at, len, (off_t)offset);
        if (n >= 0) {
            at += n;
            len -= (size_t)n;
            offset += (uint64_t)n;
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

/* The next piece of the file; at most `most` octets. */
static ssize_t io_read_piece(int fd, size_t most, struct buf *to)
{
    char piece[4096];
    ssize_t n = io_read(fd, piece, most < sizeof piece ? most : sizeof piece);
    if (n > 0)
        buf_add(to, piece, (size_t)n);
    if (to->secret)
        mem_wipe(piece, sizeof piece);
    return n;
}

int io_read_all(int fd, const char *name, size_t limit, struct buf *to, struct err *e)
{
    BUF text = { .secret = to->secret };
    ssize_t n = 0;
    do
        n = io_read_piece(fd, limit - text.len + 1, &text);
    while (n > 0 && text.len <= limit);
    if (n < 0)
        return err_system(e, ERR_IO, errno, "cannot read %s", name);
    if (text.len > limit)
        return err_set(e, ERR_DATA, "%s is larger than %zu octets", name, limit);
    buf_add_span(to, buf_span(&text));
    return 0;
}

void io_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
