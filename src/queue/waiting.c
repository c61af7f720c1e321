#include "queue/waiting.h"

#include "base/io.h"
#include "base/sig.h"
#include "queue/commit.h"
#include "queue/outlook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Who tells of a refusal. The file is the only thing that session, worker and runner share; each of
 * them may be killed at any moment, and its locks go with it.
 *
 *   the worker writes, in this order      it may be killed behind each
 *     replies                             nothing is marked: tried again (if "!" stands, as after
 *                                         any end that was left open)
 *     marks, synced: D; R if somebody     R and D stand
 *     waits, else . for now
 *     without R: bounce, then F           as always (queue/settle.h)
 *     nothing left: the end; R or . left:
 *     moved to defer/
 *
 *   R stands and                          then
 *     somebody waits                      every runner leaves R alone. Looked at again soon
 *     he is killed before his answer      the lock is gone: the runner's next look makes a bounce
 *                                         of the stored replies, then F
 *     he is killed behind his answer      the same: told twice
 *     he has answered: waiting_told       F; nothing left: the end. Killed before: told twice
 *     his client goes before the answer   he closes without waiting_told: bounced
 *     his time is over, or he is asked    he has said "queued". The marks that he has seen are all
 *     to end it, before he saw R          that he marks F: what has become R since is bounced
 *     he does not get the file's lock     left to the runner: told twice
 *
 * R is only written by a worker who has seen the lock of somebody who waits, after the verdict;
 * that he is gone a moment later is the first of these. He sees R only in a file whose replies were
 * written before. So whatever ends first, there is an R until somebody has been told: at least
 * once, mostly exactly once. */

enum {
    POLL_MS = 100,           /* without inotify */
    TOLD_MS = 2000,          /* for the lock of whoever has the message */
    LOCK_PAUSE_NS = 2000000, /* between two looks at it */
    EVENTS = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF,
};

/* ---- opening and closing ---- */

static void await(struct waiting *w, bool yes)
{
    struct flock lock = { .l_type = yes ? F_RDLCK : F_UNLCK, .l_whence = SEEK_SET, .l_len = 1 };
    if (w->awaits != yes && fcntl(w->item.fd, F_OFD_SETLK, &lock) == 0)
        w->awaits = yes;
}

/* Through /proc, so that it is the file that is open, whatever its name has become; else by a name
 * that it has now. A watch that is of no use only means to look now and then. */
static int watch(const struct item *item)
{
    struct entry_path path = entry_path(item->folder, &item->entry.id);
    BUF name = { 0 };
    int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (notify < 0)
        return -1;
    buf_addf(&name, "/proc/self/fd/%d", item->fd);
    if (inotify_add_watch(notify, buf_string(&name), EVENTS) >= 0)
        return notify;
    buf_clear(&name);
    buf_addf(&name, "%s/%s", item->spool->path, path.text);
    if (inotify_add_watch(notify, buf_string(&name), EVENTS) < 0)
        io_close(&notify);
    return notify;
}

/* Nothing is known of them yet. */
static void make_room(struct waiting *w, size_t n)
{
    w->n = n;
    w->marks = arena_new(&w->item.arena, n + 1, 1);
    memset(w->marks, MARK_TODO, n);
    w->replies = arena_new(&w->item.arena, n, sizeof *w->replies);
}

/* It may go from one folder to another while we look. */
static enum item_open find(const struct spool *s, const struct queue_id *id, struct item *ret,
                           struct err *e)
{
    enum { LOOKS = 3 };
    enum item_open found = ITEM_GONE;
    for (int i = 0; i < LOOKS && found == ITEM_GONE; i++) {
        enum folder folder = spool_find_trace(s, id);
        if (folder == FOLDERS)
            break;
        found = item_open(s, folder, id, true, ret, e);
    }
    return found;
}

int waiting_open(const struct spool *s, const struct queue_id *id, struct waiting *ret,
                 struct err *e)
{
    *ret = (struct waiting){ 0 };
    enum item_open found = find(s, id, &ret->item, e);
    if (found != ITEM_OPEN)
        return found == ITEM_BAD ? -1 : 0;
    await(ret, true);
    ret->notify = watch(&ret->item);
    make_room(ret, ret->item.entry.state.n);
    return 1;
}

/* Names may be made to meet; what brought them may not. */
static bool is_same_message(const struct entry *a, const struct entry *b)
{
    struct span one = span_of(a->nonce ? a->nonce : ""), other = span_of(b->nonce ? b->nonce : "");
    return a->uid == b->uid && span_eq(one, other) && a->envelope.n_rcpts == b->envelope.n_rcpts;
}

int waiting_commit(const struct spool *s, struct entry *entry, const struct stored *stored,
                   struct waiting *ret, struct err *e)
{
    CLEANUP(io_close) int lock = -1;
    ERR ignored = { 0 };
    *ret = (struct waiting){ 0 };
    int done = spool_commit_locked(s, entry, stored, &lock, e);
    if (done < 0)
        return -1;
    int open = waiting_open(s, &entry->id, ret, &ignored);
    if (open > 0 && !done && !is_same_message(&ret->item.entry, entry)) {
        waiting_close(ret);
        return err_set(e, ERR_TEMPORARY, "there is another message of the name %s", entry->id.text);
    }
    if (open <= 0 && !done)
        return err_set(e, ERR_TEMPORARY, "%s: is in the queue, and cannot be opened",
                       entry->id.text);
    if (open <= 0)
        make_room(ret, entry->state.n);
    return done;
}

void waiting_close(struct waiting *w)
{
    if (w->item.spool && w->notify >= 0)
        io_close(&w->notify);
    item_close(&w->item);
    *w = (struct waiting){ 0 };
}

/* ---- looking ---- */

/* Marks are written before the file is moved: so what is in another folder, and not marked after
 * that was seen, waits there. */
static bool has_left_new(const struct waiting *w)
{
    struct entry_path path = entry_path(FOLDER_NEW, &w->item.entry.id);
    struct stat open, named;
    return fstat(w->item.fd, &open) < 0 ||
           fstatat(w->item.spool->root, path.text, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
           !io_is_same(&open, &named);
}

/* Whoever writes the line may be at it: what makes no sense is looked at again. */
static bool read_marks(struct waiting *w)
{
    ARENA a = { 0 };
    ERR ignored = { 0 };
    BUF line = { 0 };
    struct state state;
    size_t size = entry_state_size(&w->item.entry) - 1;
    ssize_t got = io_read_at(w->item.fd, buf_room(&line, size), size, ENTRY_STATE_AT);
    if (got != (ssize_t)size)
        return false;
    buf_grew(&line, size);
    if (state_parse(&a, buf_span(&line), &state, &ignored) < 0 || state.n != w->n)
        return false;
    memcpy(w->marks, state.marks, w->n);
    return true;
}

static bool has_mark(const struct waiting *w, enum mark mark)
{
    return memchr(w->marks, (int)mark, w->n) != NULL;
}

static enum waiting_result look(struct waiting *w)
{
    bool left_new = has_left_new(w);
    if (!read_marks(w))
        return WAITING_LATER;
    if (!has_mark(w, MARK_TODO))
        return WAITING_DECIDED;
    return left_new ? WAITING_KEPT : WAITING_LATER;
}

/* The size as it is now: replies have come. */
static void read_replies(struct waiting *w)
{
    struct stat facts;
    struct item *item = &w->item;
    if (fstat(item->fd, &facts) < 0)
        return;
    item->has_replies = (uint64_t)facts.st_size > item->size || item->has_replies;
    item->size = (uint64_t)facts.st_size;
    item_replies(item, w->replies);
}

/* ---- waiting ---- */

static void wait_for_news(const struct waiting *w, struct deadline deadline)
{
    enum { ROOM = 1024 };
    char events[ROOM];
    struct pollfd news = { .fd = w->notify, .events = POLLIN };
    int left = deadline_nap(deadline);
    if (w->notify < 0 && (left < 0 || left > POLL_MS))
        left = POLL_MS;
    if (sig_poll(&news, 1, left) > 0 && read(w->notify, events, sizeof events) < 0)
        return; /* what is left of them, or a signal: look, and wait again */
}

static bool may_wait(const struct waiting *w, struct deadline deadline, struct outlook *outlook)
{
    return !deadline_passed(deadline) && !sig_caught() && !waiter_is_asked(w->waiter) &&
           !outlook_is_hopeless(outlook, &w->item, deadline);
}

/* Nobody is told of a refusal by us from here on, unless it is seen now. */
static enum waiting_result stop_waiting(struct waiting *w)
{
    await(w, false);
    enum waiting_result result = look(w);
    if (has_mark(w, MARK_REFUSED))
        await(w, true);
    return result;
}

enum waiting_result waiting_for(struct waiting *w, struct deadline deadline)
{
    struct outlook outlook = { 0 };
    enum waiting_result result;
    if (!w->item.spool)
        return WAITING_LATER;
    await(w, true);
    waiter_begin(w->waiter);
    while ((result = look(w)) == WAITING_LATER && may_wait(w, deadline, &outlook))
        wait_for_news(w, deadline);
    waiter_end(w->waiter);
    if (result != WAITING_DECIDED)
        result = stop_waiting(w);
    read_replies(w);
    return result;
}

/* ---- afterwards ---- */

static bool is_ours(const struct waiting *w, const struct item *item)
{
    struct stat own, other;
    return fstat(w->item.fd, &own) == 0 && fstat(item->fd, &other) == 0 && io_is_same(&own, &other);
}

/* Locked. Whoever has it will mostly be done with it in a moment. */
static bool take(const struct waiting *w, struct item *ret)
{
    const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
    struct deadline end = deadline_in(TOLD_MS);
    do {
        ERR e = { 0 };
        enum folder folder = spool_find(w->item.spool, &w->item.entry.id);
        if (folder == FOLDERS)
            return false;
        enum item_open found = item_open(w->item.spool, folder, &w->item.entry.id, false, ret, &e);
        if (found == ITEM_OPEN && is_ours(w, ret))
            return true;
        if (found == ITEM_OPEN)
            item_close(ret);
        if (found == ITEM_OPEN || found == ITEM_BAD)
            return false;
        nanosleep(&pause, NULL);
    } while (!deadline_passed(end));
    return false;
}

/* The recipients that were told; how many others have failed. */
static size_t mark_told(const struct waiting *w, struct state *state)
{
    size_t others = state_count(state, MARK_FAILED);
    for (size_t i = 0; i < state->n; i++)
        if (w->marks[i] == MARK_REFUSED && state->marks[i] == MARK_REFUSED)
            state->marks[i] = MARK_FAILED;
    return others;
}

/* What has failed before is the runner's to judge: it may have to be kept. */
static void finish(const struct waiting *w, struct item *item)
{
    ERR ignored = { 0 };
    struct state *state = &item->entry.state;
    bool others = mark_told(w, state) > 0;
    bool over = !state_count(state, MARK_TODO) && !state_count(state, MARK_REFUSED) && !others;
    if (over && !item->entry.nonce) {
        if (item_remove(item, &ignored) == 0)
            return;
    }
    if (item_write_state(item, true, &ignored) == 0 && over && item_end(item, &ignored) < 0)
        return; /* the runner ends it */
}

void waiting_told(struct waiting *w)
{
    struct item item = { 0 };
    if (!w->item.spool || !has_mark(w, MARK_REFUSED) || !take(w, &item))
        return;
    finish(w, &item);
    item_close(&item);
}
