/* Whole reads and writes on descriptors. A non-blocking descriptor is waited for. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Descriptors 0 to 2 that the caller closed become /dev/null, so that no socket lands there. */
void io_sanitize(void);

/* Writes all, past EINTR and short writes. 0, or -1 with errno. */
int io_write(int fd, const void *octets, size_t len) MUST_USE;

/* Reads up to `len` octets, past EINTR, from where the descriptor stands or from `offset` on: the
 * count, 0 at the end, -1 with errno. */
ssize_t io_read(int fd, void *octets, size_t len) MUST_USE;
ssize_t io_read_at(int fd, void *octets, size_t len, uint64_t offset) MUST_USE;

/* A nameless file in $TMPDIR (only if absolute) or /tmp, which nobody else can open and which
 * goes with its last descriptor: O_TMPFILE, else created 0600 and unlinked. The descriptor, or -1
 * with ERR_CREATE. */
int io_open_temporary(struct err *e) MUST_USE;

/* Opens a regular file (or a character device) to read. -1 with errno, EINVAL for a FIFO, which
 * could keep us waiting, and anything else. */
int io_open_file(const char *path) MUST_USE;

/* Reads a whole small file (at most `limit` octets) through a descriptor into `to`. 0, or -1 with
 * ERR_IO, or ERR_DATA when it is larger. `name` is for the message. */
int io_read_all(int fd, const char *name, size_t limit, struct buf *to, struct err *e) MUST_USE;

/* flock(2), past EINTR. 0, or -1 with errno: EWOULDBLOCK when somebody else has it. */
int io_lock(int fd, int how) MUST_USE;

/* Are these of one file? */
bool io_is_same(const struct stat *a, const struct stat *b);

/* For CLEANUP: closes a descriptor that is not negative. */
void io_close(int *fd);

#endif
