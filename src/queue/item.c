#include "queue/item.h"

#include "base/crc.h"
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD = 16 * 1024,     /* octets of the first read: mostly the whole file */
    HEAD_SHOW = 4 * 1024, /* without the message */
    PIECE = 64 * 1024,
    REPLY_LINE = REPLY_TEXT_MAX + 64,
    LOCK_PAUSE_NS = 1000000,
};

static struct entry_path item_path(const struct item *item)
{
    return entry_path(item->folder, &item->entry.id);
}

static uint64_t end_at(const struct entry *entry)
{
    return entry->message_at + entry->header_size + entry->body_size;
}

static int item_failed(const struct item *item, const char *what, struct err *e)
{
    return spool_failed(item->spool, errno, what, item_path(item).text, e);
}

void item_close(struct item *item)
{
    if (item->spool)
        close(item->fd);
    arena_done(&item->arena);
    *item = (struct item){ 0 };
}

/* ---- opening ---- */

/* Says what is wrong with the file, in front of what `e` says already. */
static enum item_open bad(const struct item *item, struct err *e)
{
    err_context(e, "%s/%s", item->spool->path, item_path(item).text);
    return ITEM_BAD;
}

static enum item_open bad_kind(const struct item *item, const char *what, struct err *e)
{
    err_set(e, ERR_DATA, "%s", what);
    return bad(item, e);
}

/* What is wrong with a file that is no message of ours, NULL for nothing. */
static const char *kind_problem(const struct item *item, const struct stat *facts)
{
    if (!S_ISREG(facts->st_mode))
        return "it is no regular file";
    if (facts->st_uid != item->spool->uid)
        return "it belongs to another user";
    return NULL;
}

/* The file does not open: because of what it is, or is something else in the way? */
static enum item_open refuse(const struct item *item, struct err *e)
{
    struct stat facts;
    int errnum = errno;
    if (errnum == ENOENT)
        return ITEM_GONE;
    if (fstatat(item->spool->root, item_path(item).text, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
        kind_problem(item, &facts))
        return bad_kind(item, kind_problem(item, &facts), e);
    errno = errnum;
    item_failed(item, "open", e);
    return ITEM_BAD;
}

/* Whoever looks whether a file is locked holds a lock himself for a moment: once more, then. */
static enum item_open take_lock(const struct item *item, struct err *e)
{
    const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
    if (io_lock(item->fd, LOCK_EX | LOCK_NB) == 0)
        return ITEM_OPEN;
    nanosleep(&pause, NULL);
    if (io_lock(item->fd, LOCK_EX | LOCK_NB) == 0)
        return ITEM_OPEN;
    if (errno == EWOULDBLOCK)
        return ITEM_BUSY;
    item_failed(item, "lock", e);
    return ITEM_BAD;
}

/* Where a rename was made of link and unlink, a crash between them leaves two names: the other one
 * goes. */
static bool remove_twin(const struct item *item, const struct stat *facts)
{
    struct stat twin;
    for (enum folder f = FOLDER_TMP; f < FOLDERS; f++) {
        struct entry_path path = entry_path(f, &item->entry.id);
        if (f != item->folder && f != FOLDER_CORRUPT &&
            fstatat(item->spool->root, path.text, &twin, AT_SYMLINK_NOFOLLOW) == 0 &&
            io_is_same(&twin, facts))
            return unlinkat(item->spool->root, path.text, 0) == 0;
    }
    return false;
}

/* Does the name still mean the file that is locked, and is it one of ours? */
static enum item_open check_name(const struct item *item, const struct stat *facts, struct err *e)
{
    struct stat named;
    if (fstatat(item->spool->root, item_path(item).text, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
        !io_is_same(&named, facts))
        return ITEM_GONE;
    if (kind_problem(item, facts))
        return bad_kind(item, kind_problem(item, facts), e);
    if (facts->st_nlink != 1 && !(facts->st_nlink == 2 && remove_twin(item, facts)))
        return bad_kind(item, "it has a second name (hard link)", e);
    return ITEM_OPEN;
}

static enum item_open check_file(struct item *item, bool for_show, struct err *e)
{
    struct stat facts;
    if (fstat(item->fd, &facts) < 0) {
        item_failed(item, "look at", e);
        return ITEM_BAD;
    }
    item->size = (uint64_t)facts.st_size;
    if (!for_show)
        return check_name(item, &facts, e);
    return kind_problem(item, &facts) ? bad_kind(item, kind_problem(item, &facts), e) : ITEM_OPEN;
}

/* Reads on until the envelope is whole. */
static int read_head(struct item *item, size_t piece, struct buf *head, struct err *e)
{
    struct entry entry;
    for (;;) {
        size_t more = head->len ? head->len : piece;
        char *room = buf_room(head, more);
        ssize_t n = io_read_at(item->fd, room, more, head->len);
        if (n < 0)
            return item_failed(item, "read", e);
        if (n == 0)
            return err_set(e, ERR_DATA, "it is torn: its envelope has no end");
        buf_grew(head, (size_t)n);
        int whole = entry_parse(&item->arena, buf_span(head), &entry, e);
        if (whole < 0)
            return -1;
        if (whole && queue_id_compare(&entry.id, &item->entry.id) != 0)
            return err_set(e, ERR_DATA, "it says that it is %s", entry.id.text);
        if (whole) {
            item->entry = entry;
            return 0;
        }
    }
}

/* The END line: from what was read already, or from the file. */
static int read_end(const struct item *item, struct span head, char *ret, struct err *e)
{
    uint64_t at = end_at(&item->entry);
    if (head.len >= at + ENTRY_END_SIZE) {
        memcpy(ret, head.at + at, ENTRY_END_SIZE);
        return 0;
    }
    for (size_t got = 0; got < ENTRY_END_SIZE;) {
        ssize_t n = io_read_at(item->fd, ret + got, ENTRY_END_SIZE - got, at + got);
        if (n < 0)
            return item_failed(item, "read", e);
        if (n == 0)
            return err_set(e, ERR_DATA, "it is torn");
        got += (size_t)n;
    }
    return 0;
}

/* The sum is taken as it stands: item_check compares it. */
static int check_end(const struct item *item, struct span head, struct err *e)
{
    enum { SUM_AT = 4 + 16 + 1, SUM_DIGITS = 8 };
    char line[ENTRY_END_SIZE];
    uint32_t sum = 0;
    if (read_end(item, head, line, e) < 0)
        return -1;
    for (int i = SUM_AT; i < SUM_AT + SUM_DIGITS; i++)
        sum = sum << 4 | ((uint32_t)ascii_hex(line[i]) & 15);
    if (entry_is_end((struct span){ line, sizeof line }, end_at(&item->entry), sum))
        return 0;
    return err_set(e, ERR_DATA, "it is torn: it has no end");
}

/* A file of which so much was read as it must have need not be asked for its size. A short read
 * says nothing of the end. */
static int find_size(struct item *item, size_t read, uint64_t whole, struct err *e)
{
    struct stat facts;
    if (item->size)
        return 0;
    if (read >= whole) {
        item->size = read;
        return 0;
    }
    if (fstat(item->fd, &facts) < 0)
        return item_failed(item, "look at", e);
    item->size = (uint64_t)facts.st_size;
    return 0;
}

static int read_entry(struct item *item, bool for_show, struct err *e)
{
    BUF head = { 0 };
    if (read_head(item, for_show ? HEAD_SHOW : HEAD, &head, e) < 0)
        return -1;
    uint64_t whole = end_at(&item->entry) + ENTRY_END_SIZE;
    if (find_size(item, head.len, whole, e) < 0)
        return -1;
    if (item->size < whole)
        return err_set(e, ERR_DATA, "it is torn: it ends too early");
    item->has_replies = item->size > whole;
    if (!for_show)
        return check_end(item, buf_span(&head), e);
    if (item->has_replies && head.len == item->size) {
        struct span tail = span_from(buf_span(&head), (size_t)whole);
        item->tail = (struct span){ arena_string(&item->arena, tail), tail.len };
    }
    return 0;
}

/* For a list of very many: a file whose end came with the first read need not be asked for its
 * size. What is wrong with another one is looked at when it makes no sense. */
static enum item_open read_for_show(struct item *item, struct err *e)
{
    if (read_entry(item, true, e) == 0)
        return ITEM_OPEN;
    ERR kind = { 0 };
    if (check_file(item, true, &kind) == ITEM_BAD) {
        err_move(e, &kind);
        return ITEM_BAD;
    }
    return e->kind == ERR_TEMPORARY ? ITEM_BAD : bad(item, e);
}

static enum item_open open_and_read(struct item *item, struct err *e)
{
    enum item_open found = take_lock(item, e);
    if (found == ITEM_OPEN)
        found = check_file(item, false, e);
    if (found != ITEM_OPEN || read_entry(item, false, e) == 0)
        return found;
    return e->kind == ERR_TEMPORARY ? ITEM_BAD : bad(item, e);
}

enum item_open item_open(const struct spool *s, enum folder folder, const struct queue_id *id,
                         bool for_show, struct item *ret, struct err *e)
{
    int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    flags |= for_show ? O_RDONLY | O_NOATIME : O_RDWR;
    struct item item = {
        .spool = s, .folder = folder, .entry = { .id = *id }, .locked = !for_show
    };
    item.fd = openat(s->root, item_path(&item).text, flags);
    if (item.fd < 0)
        return refuse(&item, e);
    enum item_open found = for_show ? read_for_show(&item, e) : open_and_read(&item, e);
    if (found == ITEM_OPEN)
        *ret = item;
    else
        item_close(&item);
    return found;
}

bool item_is_busy(const struct item *item)
{
    if (item->locked || flock(item->fd, LOCK_SH | LOCK_NB) < 0)
        return item->locked || errno == EWOULDBLOCK;
    flock(item->fd, LOCK_UN);
    return false;
}

/* By a lock that only he takes, and that has nothing to do with the one that item_open takes. */
bool item_is_awaited(const struct item *item)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
    return fcntl(item->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* ---- reading ---- */

/* Adds the octets from `at` to `end` to the sum. */
static int sum_up(const struct item *item, uint64_t at, uint64_t end, uint32_t *crc, struct err *e)
{
    BUF piece = { 0 };
    char *room = buf_room(&piece, PIECE);
    while (at < end) {
        ssize_t n = io_read_at(item->fd, room, end - at < PIECE ? (size_t)(end - at) : PIECE, at);
        if (n < 0)
            return item_failed(item, "read", e);
        if (n == 0)
            return err_set(e, ERR_DATA, "it is torn");
        *crc = crc32c(*crc, room, (size_t)n);
        at += (uint64_t)n;
    }
    return 0;
}

static int compare_sum(const struct item *item, struct err *e)
{
    char line[ENTRY_END_SIZE];
    uint32_t crc = 0;
    uint64_t end = end_at(&item->entry);
    uint64_t behind_state = ENTRY_STATE_AT + entry_state_size(&item->entry);
    if (sum_up(item, 0, ENTRY_STATE_AT, &crc, e) < 0 ||
        sum_up(item, behind_state, end, &crc, e) < 0 ||
        read_end(item, (struct span){ "", 0 }, line, e) < 0)
        return -1;
    if (entry_is_end((struct span){ line, sizeof line }, end, crc))
        return 0;
    return err_set(e, ERR_DATA, "it was changed: its sum is not that of its octets");
}

int item_check(const struct item *item, struct err *e)
{
    if (compare_sum(item, e) == 0)
        return 0;
    if (e->kind != ERR_TEMPORARY)
        bad(item, e);
    return -1;
}

static int read_header(const struct item *item, struct buf *to, struct err *e)
{
    size_t size = (size_t)item->entry.header_size;
    char *room = buf_room(to, size);
    while (to->len < size) {
        ssize_t n =
            io_read_at(item->fd, room + to->len, size - to->len, item->entry.message_at + to->len);
        if (n < 0)
            return item_failed(item, "read", e);
        if (n == 0)
            return err_set(e, ERR_TEMPORARY, "%s was cut short", item_path(item).text);
        buf_grew(to, (size_t)n);
    }
    return 0;
}

int item_stored(const struct item *item, struct stored *ret, struct err *e)
{
    const struct entry *entry = &item->entry;
    struct stored stored = {
        .eight_bit = entry->eight_bit,
        .utf8_addresses = entry->utf8_addresses,
        .qp_allowed = entry->qp_allowed,
        .message_id = entry->message_id,
    };
    if (read_header(item, &stored.header, e) < 0) {
        stored_done(&stored);
        return -1;
    }
    int fd = fcntl(item->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        stored_done(&stored);
        return item_failed(item, "open", e);
    }
    body_of_file(&stored.body, fd, entry->message_at + entry->header_size, entry->body_size);
    *ret = stored;
    return 0;
}

/* ---- writing ---- */

/* One write, unless the kernel takes less. */
static int write_at(int fd, struct span octets, uint64_t at)
{
    while (octets.len) {
        ssize_t n = pwrite(fd, octets.at, octets.len, (off_t)at);
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
        size_t put = n < 0 ? 0 : (size_t)n;
        octets = span_from(octets, put);
        at += put;
    }
    return 0;
}

int item_write_state(struct item *item, bool durable, struct err *e)
{
    BUF line = { 0 };
    state_print(&item->entry.state, &line);
    if (write_at(item->fd, buf_span(&line), ENTRY_STATE_AT) < 0)
        return item_failed(item, "write to", e);
    if (durable && fdatasync(item->fd) < 0)
        return item_failed(item, "sync", e);
    return 0;
}

uint64_t item_sending_at(const struct item *item)
{
    (void)item;
    return ENTRY_STATE_AT + STATE_SENDING_AT;
}

/* ---- last replies ---- */

static void read_replies(const struct item *item, size_t n, struct buf *to)
{
    uint64_t at = end_at(&item->entry) + ENTRY_END_SIZE;
    uint64_t size = item->has_replies ? item->size - at : 0;
    size_t most = n < ENTRY_HEAD_LIMIT / REPLY_LINE ? n * REPLY_LINE : ENTRY_HEAD_LIMIT;
    size_t want = size < most ? (size_t)size : most;
    ssize_t got = want ? io_read_at(item->fd, buf_room(to, want), want, at) : 0;
    if (got > 0)
        buf_grew(to, (size_t)got);
}

void item_replies(struct item *item, struct last_reply *ret)
{
    BUF text = { 0 };
    size_t n = item->entry.envelope.n_rcpts;
    if (!item->tail.at)
        read_replies(item, n, &text);
    replies_parse(&item->arena, item->tail.at ? item->tail : buf_span(&text), n, ret);
}

/* What was said before is kept for those who were not asked this time. */
static void print_replies(struct item *item, const struct verdict *verdicts, struct buf *to)
{
    size_t n = item->entry.envelope.n_rcpts;
    struct last_reply *before = arena_new(&item->arena, n, sizeof *before);
    item_replies(item, before);
    for (size_t i = 0; i < n; i++) {
        if (verdicts[i].result != VERDICT_PENDING)
            reply_print_last(i, &verdicts[i], to);
        else if (before[i].text)
            reply_print(i, &before[i], to);
    }
}

void item_write_replies(struct item *item, const struct verdict *verdicts)
{
    BUF text = { 0 };
    uint64_t at = end_at(&item->entry) + ENTRY_END_SIZE;
    print_replies(item, verdicts, &text);
    if (write_at(item->fd, buf_span(&text), at) < 0 ||
        ftruncate(item->fd, (off_t)(at + text.len)) < 0)
        return; /* best effort: the next reader skips what makes no sense */
    item->size = at + text.len;
    item->has_replies = text.len > 0;
}

/* ---- the end ---- */

int item_remove(struct item *item, struct err *e)
{
    if (unlinkat(item->spool->root, item_path(item).text, 0) < 0 && errno != ENOENT)
        return item_failed(item, "remove", e);
    return 0;
}

/* A hole: nobody who reads the replies meanwhile finds them elsewhere. A file system that has no
 * holes keeps the message until it is swept. */
static void cut_message_out(const struct item *item)
{
    const struct entry *entry = &item->entry;
    off_t size = (off_t)(entry->header_size + entry->body_size);
    if (size && fallocate(item->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          (off_t)entry->message_at, size) < 0)
        errno = 0;
}

int item_end(struct item *item, struct err *e)
{
    ERR ignored = { 0 };
    if (!item->entry.nonce || item_move(item, FOLDER_SENT, false, &ignored) < 0)
        return item_remove(item, e);
    cut_message_out(item);
    return 0;
}

int item_move(struct item *item, enum folder to, bool durable, struct err *e)
{
    if (to == item->folder)
        return 0;
    if (spool_move(item->spool, &item->entry.id, item->folder, to, durable, e) < 0)
        return -1;
    item->folder = to;
    return 0;
}
