#include "queue/commit.h"

#include "base/clock.h"
#include "base/crc.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What is on the disk after each step, and what it means when the process is killed or the power
 * fails right there. "Told" is what the caller has heard: a caller that hears nothing, or of a
 * failure, has been promised nothing, and may send the message again.
 *
 *   step                   on the disk             killed here           power fails here
 *   ----                   -----------             -----------           ----------------
 *   1 open tmp/ID, lock    an empty file           swept: nobody has     nothing, or swept
 *                                                  the lock
 *   2 write                tmp/ID, torn or whole   swept                 nothing, or swept
 *   3 fsync(tmp/ID)        tmp/ID, whole           swept                 nothing, or swept
 *   4 signals wait         the same
 *   5 rename to new/ID     new/ID, whole           sent; told nothing    swept or sent, whole;
 *                                                                        told nothing
 *   6 fsync(new/)          new/ID, durable         sent; told nothing    sent; told nothing
 *   7 close, told 1        the same                sent                  sent
 *
 * So a file in new/ is always whole, because the rename comes after its fsync; END and its sum
 * guard against file systems that promise more than they keep. Nobody sends it before step 7,
 * because the lock is held until then: a message that is sent is durable. At most one copy is sent
 * too much: that of a caller who died, or heard nothing, between 5 and 7. spool_commit_locked ends
 * behind 6: told 1, its caller closes.
 *
 * What fails up to step 4 removes tmp/ID; what fails in 5 or 6 removes either name while the lock
 * is still held, so that nobody sends what the caller is told was not kept. fsync is not called
 * again after it failed: the kernel may have dropped the pages, and the second call would succeed.
 */

enum {
    PIECE = 64 * 1024, /* octets collected before a write: a small message is one */
    TRIES = 100,       /* names that are taken, in a row */
    LOCK_MS = 1000,    /* for whoever commits a message of the same name */
    LOCK_PAUSE_NS = 2000000,
};

/* One commit at work. */
struct commit {
    const struct spool *spool;
    struct entry *entry;
    const struct stored *stored;
    enum folder folder;
    struct entry_path tmp, final;
    int fd; /* of the file, locked */
    struct buf out;
    uint64_t length; /* octets so far */
    uint32_t crc;
};

static void commit_done(struct commit *c)
{
    buf_done(&c->out);
    io_close(&c->fd);
}

static int commit_failed(const struct commit *c, const char *what, const char *name, struct err *e)
{
    return spool_failed(c->spool, errno, what, name, e);
}

/* Nothing is to be kept. Where the name cannot be removed the file is at least torn. */
static int commit_remove(const struct commit *c, const char *name)
{
    if (unlinkat(c->spool->root, name, 0) < 0 && ftruncate(c->fd, 0) < 0)
        return -1;
    return -1;
}

/* ---- step 1 ---- */

/* 0; -1 with errno, EWOULDBLOCK when somebody keeps it. */
static int lock_soon(int fd)
{
    const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
    struct deadline end = deadline_in(LOCK_MS);
    int done;
    while ((done = io_lock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EWOULDBLOCK &&
           !deadline_passed(end))
        nanosleep(&pause, NULL);
    return done;
}

/* Is that file the one of that name in tmp/? */
static bool is_named(const struct commit *c, int fd)
{
    struct stat facts, named;
    return fstat(fd, &facts) == 0 &&
           fstatat(c->spool->root, c->tmp.text, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           io_is_same(&facts, &named);
}

/* A name that is not new, found in tmp/: somebody has died there, or is about to commit the same
 * message and is waited for. */
static int remove_abandoned(const struct commit *c)
{
    int fd = openat(c->spool->root, c->tmp.text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    int done = lock_soon(fd);
    if (done == 0 && is_named(c, fd))
        done = unlinkat(c->spool->root, c->tmp.text, 0);
    int errnum = errno;
    close(fd);
    errno = errnum;
    return done;
}

/* 0; 1 when the name is taken; -1 with errno. */
static int create(struct commit *c)
{
    enum { FLAGS = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC };
    c->tmp = entry_path(FOLDER_TMP, &c->entry->id);
    c->final = entry_path(c->folder, &c->entry->id);
    c->fd = openat(c->spool->root, c->tmp.text, FLAGS, 0600);
    if (c->fd < 0 && errno == ENOENT && spool_make(c->spool->path) == 0)
        c->fd = openat(c->spool->root, c->tmp.text, FLAGS, 0600);
    if (c->fd < 0)
        return errno == EEXIST ? 1 : -1;
    return 0;
}

/* 0; 1 when the name is taken, or was taken from us before we had its lock; -1 with errno. */
static int claim(struct commit *c, bool own_id)
{
    int taken = create(c);
    if (taken > 0 && own_id && remove_abandoned(c) < 0)
        return -1;
    if (taken)
        return taken;
    if (io_lock(c->fd, LOCK_EX) < 0)
        return -1;
    if (!own_id || is_named(c, c->fd))
        return 0;
    io_close(&c->fd);
    return 1;
}

/* 0; 1 when a message of that id has been committed before: whoever has the name in tmp/ is alone
 * with it, so that is certain now; -1. */
static int commit_open(struct commit *c, bool own_id, struct err *e)
{
    int taken = 1;
    for (int i = 0; i < TRIES && taken > 0; i++) {
        if (!own_id && queue_id_new(c->entry->created_us, &c->entry->id, e) < 0)
            return -1;
        taken = claim(c, own_id);
    }
    int errnum = errno;
    if (own_id && spool_find_trace(c->spool, &c->entry->id) != FOLDERS) {
        if (!taken)
            commit_remove(c, c->tmp.text);
        return 1;
    }
    errno = errnum;
    return taken ? commit_failed(c, "create", c->tmp.text, e) : 0;
}

/* ---- step 2 ---- */

static int put_out(struct commit *c, struct err *e)
{
    int done = io_write(c->fd, c->out.at, c->out.len);
    buf_clear(&c->out);
    return done < 0 ? commit_failed(c, "write", c->tmp.text, e) : 0;
}

static int put(struct commit *c, struct span octets, struct err *e)
{
    c->crc = crc32c(c->crc, octets.at, octets.len);
    c->length += octets.len;
    buf_add_span(&c->out, octets);
    return c->out.len < PIECE ? 0 : put_out(c, e);
}

/* The state line is written, but not part of the sum. */
static int put_head(struct commit *c, struct err *e)
{
    BUF head = { 0 };
    if (entry_print(c->entry, &head, e) < 0)
        return -1;
    size_t state = entry_state_size(c->entry);
    struct span first = { head.at, ENTRY_STATE_AT };
    c->entry->message_at = head.len;
    if (put(c, first, e) < 0)
        return -1;
    buf_add(&c->out, head.at + ENTRY_STATE_AT, state);
    c->length += state;
    return put(c, span_from(buf_span(&head), ENTRY_STATE_AT + state), e);
}

static int put_body(struct commit *c, struct err *e)
{
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    uint64_t at = 0;
    int more;
    while ((more = body_next(&c->stored->body, at, PIECE, &piece, e)) > 0) {
        if (put(c, piece.octets, e) < 0)
            return -1;
        at += piece.octets.len;
    }
    return more;
}

static int commit_write(struct commit *c, struct err *e)
{
    c->crc = 0;
    c->length = 0;
    buf_clear(&c->out);
    if (put_head(c, e) < 0 || put(c, buf_span(&c->stored->header), e) < 0 || put_body(c, e) < 0)
        return -1;
    entry_print_end(c->length, c->crc, &c->out);
    buf_add_span(&c->out, c->entry->replies);
    return put_out(c, e);
}

/* ---- steps 3 to 6 ---- */

static void block_signals(sigset_t *before)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, before);
}

/* 1; 0 when the name is taken there; -1. */
static int commit_publish(const struct commit *c, struct err *e)
{
    if (spool_rename(c->spool, c->tmp.text, c->final.text) < 0) {
        bool taken = errno == EEXIST;
        if (!taken)
            commit_failed(c, "rename", c->tmp.text, e);
        commit_remove(c, c->tmp.text);
        return taken ? 0 : -1;
    }
    if (spool_sync(c->spool, c->folder) == 0)
        return 1;
    commit_failed(c, "sync", folder_name(c->folder), e);
    return commit_remove(c, c->final.text);
}

/* 1, 0 when the name is taken, -1. */
static int commit_once(struct commit *c, bool own_id, struct err *e)
{
    sigset_t before;
    int there = commit_open(c, own_id, e);
    if (there)
        return there < 0 ? -1 : 0;
    if (commit_write(c, e) < 0)
        return commit_remove(c, c->tmp.text);
    if (fsync(c->fd) < 0) {
        commit_failed(c, "sync", c->tmp.text, e);
        return commit_remove(c, c->tmp.text);
    }
    block_signals(&before);
    int done = commit_publish(c, e);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return done;
}

/* `held` may be NULL. */
static int commit(const struct commit *first, int *held, struct err *e)
{
    bool own_id = *first->entry->id.text != '\0';
    int done = 0;
    for (int i = 0; i < TRIES && !done; i++) {
        CLEANUP(commit_done) struct commit c = *first;
        done = commit_once(&c, own_id, e);
        if (done > 0 && held) {
            *held = c.fd;
            c.fd = -1;
        }
        if (own_id)
            return done;
    }
    return done ? done : err_set(e, ERR_TEMPORARY, "no free name in %s", first->spool->path);
}

int spool_commit(const struct spool *s, struct entry *entry, const struct stored *stored,
                 enum folder folder, struct err *e)
{
    const struct commit c = { s, entry, stored, folder, .fd = -1 };
    return commit(&c, NULL, e);
}

int spool_commit_locked(const struct spool *s, struct entry *entry, const struct stored *stored,
                        int *lock, struct err *e)
{
    const struct commit c = { s, entry, stored, FOLDER_NEW, .fd = -1 };
    return commit(&c, lock, e);
}
