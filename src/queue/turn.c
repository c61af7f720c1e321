#include "queue/turn.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

static int open_lock(const struct spool *s, enum spool_lock which, struct err *e)
{
    const char *name = spool_locks[which];
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
    int fd = openat(s->root, name, flags, 0600);
    return fd < 0 ? spool_failed(s, errno, "open", name, e) : fd;
}

int turn_open(const struct spool *s, struct turn *ret, struct err *e)
{
    ret->lock = open_lock(s, SPOOL_LOCK_WORK, e);
    return ret->lock < 0 ? -1 : 0;
}

void turn_close(struct turn *t)
{
    io_close(&t->lock);
}

static int lock(int fd, int how, struct err *e)
{
    if (io_lock(fd, how) == 0)
        return 1;
    if (errno == EWOULDBLOCK)
        return 0;
    return err_system(e, ERR_TEMPORARY, errno, "the queue cannot be locked");
}

int turn_try(const struct turn *t, struct err *e)
{
    return lock(t->lock, LOCK_EX | LOCK_NB, e);
}

int turn_wait(const struct turn *t, const struct spool *s, struct err *e)
{
    CLEANUP(io_close) int wait = open_lock(s, SPOOL_LOCK_WAIT, e);
    if (wait < 0)
        return -1;
    int first = lock(wait, LOCK_EX | LOCK_NB, e);
    return first <= 0 ? first : lock(t->lock, LOCK_EX, e);
}

bool turn_is_taken(const struct spool *s)
{
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    CLEANUP(io_close) int fd = openat(s->root, spool_locks[SPOOL_LOCK_WORK], flags);
    if (fd < 0)
        return errno != ENOENT;
    return flock(fd, LOCK_SH | LOCK_NB) < 0;
}

void turn_end(const struct turn *t)
{
    flock(t->lock, LOCK_UN);
}
