#include "queue/spool.h"

#include "base/arena.h"
#include "base/buf.h"
#include "queue/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ASIDE_MAX = 1000, /* things of one name in corrupt/ */
    FOLDER_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
};

static const char *const names[FOLDERS] = {
    [FOLDER_TMP] = "tmp",           [FOLDER_NEW] = "new",       [FOLDER_DEFER] = "defer",
    [FOLDER_HOLD] = "hold",         [FOLDER_FAILED] = "failed", [FOLDER_CORRUPT] = "corrupt",
    [FOLDER_ACCOUNTS] = "accounts", [FOLDER_SENT] = "sent",
};

const enum folder folders_kept[FOLDERS_KEPT] = { FOLDER_NEW, FOLDER_DEFER, FOLDER_HOLD,
                                                 FOLDER_FAILED };

const char *const spool_locks[SPOOL_LOCKS] = { "lock", "wait" };

const char *folder_name(enum folder folder)
{
    return names[folder];
}

struct entry_path entry_path(enum folder folder, const struct queue_id *id)
{
    struct entry_path path;
    size_t len = strlen(names[folder]);
    memcpy(path.text, names[folder], len);
    path.text[len] = '/';
    memcpy(path.text + len + 1, id->text, QUEUE_ID_SIZE + 1);
    return path;
}

/* ---- errors ---- */

static const char *remedy(int errnum)
{
    switch (errnum) {
    case ENOSPC: return "free space or inodes on the queue's file system";
    case EDQUOT: return "this user's disk quota is used up";
    case EFBIG: return "the limit on the size of files is too low (ulimit -f)";
    case EMFILE:
    case ENFILE: return "too many files are open (ulimit -n)";
    case EROFS:
    case EACCES:
    case EPERM: return "\"dir\" in [queue] can name a folder that this user may write to";
    case EIO: return "the disk fails: look at the system's log";
    default: return NULL;
    }
}

static bool is_of_another(const struct spool *s, const char *name)
{
    struct stat facts;
    return fstatat(s->root, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && facts.st_uid != s->uid;
}

/* Root has made a folder here once, or a chown has left out what is inside. A rename names one
 * folder of two. */
static bool is_partly_of_another(const struct spool *s, const char *name)
{
    for (int i = 0; i < FOLDERS; i++)
        if (is_of_another(s, names[i]))
            return true;
    return is_of_another(s, name);
}

int spool_failed(const struct spool *s, int errnum, const char *what, const char *name,
                 struct err *e)
{
    err_system(e, ERR_TEMPORARY, errnum, "cannot %s %s%s%s", what, s->path, *name ? "/" : "", name);
    if ((errnum == EACCES || errnum == EPERM) && is_partly_of_another(s, name))
        err_hint(e, "part of it belongs to another user: chown -R %lu %s", (unsigned long)s->uid,
                 s->path);
    else if (remedy(errnum))
        err_hint(e, "%s", remedy(errnum));
    return -1;
}

/* ---- making it ---- */

static int sync_fd(int fd)
{
    int done = fsync(fd);
    return done < 0 && (errno == EINVAL || errno == ENOTSUP || errno == EROFS) ? 0 : done;
}

/* A folder that cannot be opened to read (execute only) cannot be synced; it is not ours. */
static int sync_folder(int at, const char *path)
{
    int fd = openat(at, path, FOLDER_FLAGS);
    if (fd < 0)
        return errno == EACCES ? 0 : -1;
    int done = sync_fd(fd);
    int errnum = errno;
    close(fd);
    errno = errnum;
    return done;
}

static int make_folder(int at, const char *path)
{
    return mkdirat(at, path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

/* A folder that is there may have been made by a process that was killed before it synced: so every
 * one on the way is synced, not only those that are new. */
static int make_and_sync(const char *folder, const char *above)
{
    if (make_folder(AT_FDCWD, folder) == 0)
        return sync_folder(AT_FDCWD, above);
    struct stat facts;
    int errnum = errno;
    if (stat(folder, &facts) == 0 && S_ISDIR(facts.st_mode))
        return 0; /* on a file system that cannot be written to, or not by us */
    errno = errnum;
    return -1;
}

static int make_path(const char *path)
{
    BUF folder = { 0 };
    BUF above = { 0 };
    buf_add_string(&above, *path == '/' ? "/" : ".");
    for (const char *at = path; *at;) {
        size_t slashes = strspn(at, "/");
        size_t name = strcspn(at + slashes, "/");
        if (!name)
            return 0;
        at += slashes + name;
        buf_clear(&folder);
        buf_add(&folder, path, (size_t)(at - path));
        if (make_and_sync(buf_string(&folder), buf_string(&above)) < 0)
            return -1;
        buf_clear(&above);
        buf_add_span(&above, buf_span(&folder));
    }
    return 0;
}

/* The runner's locks, so that one can work where no file can be made any more. */
static int make_locks(int root)
{
    for (size_t i = 0; i < SPOOL_LOCKS; i++) {
        int fd = openat(root, spool_locks[i], O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

/* tmp/ is the last one: where it is, all others are, and are durable. */
static int make_folders(int root)
{
    if (make_locks(root) < 0)
        return -1;
    for (int i = FOLDERS - 1; i > FOLDER_TMP; i--)
        if (make_folder(root, names[i]) < 0)
            return -1;
    if (sync_folder(root, ".") < 0 || make_folder(root, names[FOLDER_TMP]) < 0)
        return -1;
    return sync_folder(root, ".");
}

int spool_make(const char *path)
{
    if (make_path(path) < 0)
        return -1;
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    int done = make_folders(root);
    int errnum = errno;
    close(root);
    errno = errnum;
    return done;
}

/* ---- opening ---- */

/* Root has all rights, but what it made here would be in its owner's way. */
static int refuse_owner(const struct spool *s, const struct stat *facts, struct err *e)
{
    unsigned long uid = s->uid, owner = facts->st_uid, group = facts->st_gid;
    err_set(e, ERR_PERMISSION, "%s belongs to uid %lu, not to uid %lu", s->path, owner, uid);
    if (uid == 0)
        err_hint(e, "run it as that user: setpriv --reuid %lu --regid %lu --clear-groups postbag",
                 owner, group);
    else
        err_hint(e, "chown -R %lu %s, or name another \"dir\" in [queue]", uid, s->path);
    return -1;
}

static int check_root(const struct spool *s, struct err *e)
{
    struct stat facts;
    if (fstat(s->root, &facts) < 0)
        return spool_failed(s, errno, "look at", "", e);
    if (facts.st_uid != s->uid)
        return refuse_owner(s, &facts, e);
    if (facts.st_mode & 077) {
        err_set(e, ERR_PERMISSION, "%s is open to other users (mode %04o)", s->path,
                (unsigned)facts.st_mode & 07777);
        err_hint(e, "chmod 700 %s", s->path);
        return -1;
    }
    return 1;
}

int spool_open(const char *path, bool create, struct spool *ret, struct err *e)
{
    enum { FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };
    struct spool s = { .path = path, .root = open(path, FLAGS), .uid = geteuid() };
    if (s.root < 0 && errno == ENOENT) {
        if (!create)
            return 0;
        if (spool_make(path) < 0)
            return spool_failed(&s, errno, "make", "", e);
        s.root = open(path, FLAGS);
    }
    if (s.root < 0)
        return spool_failed(&s, errno, "open", "", e);
    int done = check_root(&s, e);
    if (done < 0)
        spool_close(&s);
    else
        *ret = s;
    return done;
}

void spool_close(struct spool *s)
{
    if (s->path && s->root >= 0)
        close(s->root);
    *s = (struct spool){ .root = -1 };
}

/* ---- moving ---- */

/* For file systems without RENAME_NOREPLACE. A crash between both leaves two names of one file,
 * which item_open finds out. What has no hard links (folders, some file systems) is renamed: only
 * the holder of a message's lock moves it, so nobody takes the name meanwhile. */
static int rename_by_link(int root, const char *from, const char *to)
{
    struct stat facts;
    if (linkat(root, from, root, to, 0) == 0)
        return unlinkat(root, from, 0);
    if (errno != EPERM && errno != ENOTSUP)
        return -1;
    if (fstatat(root, to, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(root, from, root, to);
}

static int rename_new(int root, const char *from, const char *to)
{
    if (renameat2(root, from, root, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != ENOSYS && errno != EINVAL)
        return -1;
    return rename_by_link(root, from, to);
}

int spool_rename(const struct spool *s, const char *from, const char *to)
{
    if (rename_new(s->root, from, to) == 0)
        return 0;
    if (errno != ENOENT || faccessat(s->root, from, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    return spool_make(s->path) < 0 ? -1 : rename_new(s->root, from, to);
}

int spool_sync(const struct spool *s, enum folder folder)
{
    return sync_folder(s->root, names[folder]);
}

int spool_move(const struct spool *s, const struct queue_id *id, enum folder from, enum folder to,
               bool durable, struct err *e)
{
    struct entry_path old = entry_path(from, id);
    struct entry_path new = entry_path(to, id);
    if (spool_rename(s, old.text, new.text) < 0)
        return spool_failed(s, errno, "move into another folder", old.text, e);
    if (durable && (spool_sync(s, to) < 0 || spool_sync(s, from) < 0))
        return spool_failed(s, errno, "sync after a move", new.text, e);
    return 0;
}

/* Long names are cut, so that a suffix has room. */
int spool_set_aside(const struct spool *s, enum folder folder, const char *name, struct err *e)
{
    BUF from = { 0 };
    BUF to = { 0 };
    buf_addf(&from, "%s/%s", names[folder], name);
    for (int i = 0; i < ASIDE_MAX; i++) {
        buf_clear(&to);
        if (i)
            buf_addf(&to, "%s/%.240s.%d", names[FOLDER_CORRUPT], name, i);
        else
            buf_addf(&to, "%s/%s", names[FOLDER_CORRUPT], name);
        if (spool_rename(s, buf_string(&from), buf_string(&to)) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return spool_failed(s, errno, "set aside", buf_string(&from), e);
}

/* ---- looking ---- */

void id_list_done(struct id_list *l)
{
    free(l->items);
    *l = (struct id_list){ 0 };
}

static void id_list_add(struct id_list *l, const struct queue_id *id)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 64;
        l->items = mem_resize(l->items, l->room, sizeof *l->items);
    }
    l->items[l->n++] = *id;
}

/* A regular file with the name of a message? Most file systems say so without a look at it. */
static bool listing_is_message(const struct listing *l, const struct dirent *d,
                               struct queue_id *ret)
{
    struct stat facts;
    if (queue_id_parse(span_of(d->d_name), ret) < 0)
        return false;
    if (d->d_type != DT_UNKNOWN)
        return d->d_type == DT_REG;
    return fstatat(dirfd(l->dir), d->d_name, &facts, AT_SYMLINK_NOFOLLOW) < 0 ||
           S_ISREG(facts.st_mode);
}

/* What is foreign is moved when the listing is over: a folder that changes under it may repeat.
 * What cannot be moved (a folder of root's, a full disk) stays: mail does not wait for it. */
struct tidying {
    struct arena arena;
    struct strlist names;
};

static void tidying_done(struct tidying *t)
{
    arena_done(&t->arena);
}

static void tidy_up(const struct spool *s, enum folder folder, const struct tidying *t)
{
    for (size_t i = 0; i < t->names.n; i++) {
        ERR ignored = { 0 };
        if (spool_set_aside(s, folder, t->names.items[i], &ignored) < 0)
            continue;
    }
}

int spool_scan(const struct spool *s, enum folder folder, bool tidy, struct id_list *ret,
               struct err *e)
{
    CLEANUP(listing_done) struct listing l;
    CLEANUP(tidying_done) struct tidying t = { 0 };
    const struct dirent *d;
    struct queue_id id;
    size_t before = ret->n;
    int more;
    if (listing_open(s, folder, &l, e) < 0)
        return -1;
    while ((more = listing_next(&l, &d, e)) > 0) {
        if (listing_is_message(&l, d, &id))
            id_list_add(ret, &id);
        else if (tidy)
            strlist_add(&t.arena, &t.names, arena_string(&t.arena, span_of(d->d_name)));
    }
    if (ret->n > before)
        qsort(ret->items + before, ret->n - before, sizeof *ret->items, queue_id_compare);
    tidy_up(s, folder, &t);
    return more;
}

int spool_count(const struct spool *s, enum folder folder, size_t *ret, uint64_t *octets,
                struct err *e)
{
    CLEANUP(listing_done) struct listing l;
    const struct dirent *d;
    struct queue_id id;
    struct stat facts;
    size_t n = 0;
    uint64_t size = 0;
    int more;
    if (listing_open(s, folder, &l, e) < 0)
        return -1;
    while ((more = listing_next(&l, &d, e)) > 0) {
        if (!listing_is_message(&l, d, &id))
            continue;
        n++;
        if (octets && fstatat(dirfd(l.dir), d->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0)
            size += (uint64_t)facts.st_size;
    }
    if (more < 0)
        return -1;
    *ret = n;
    if (octets)
        *octets = size;
    return 0;
}

int spool_count_waiting(const struct spool *s, size_t *ret, struct err *e)
{
    size_t sum = 0;
    for (size_t i = 0; i < FOLDERS_WAITING; i++) {
        size_t n;
        if (spool_count(s, folders_kept[i], &n, NULL, e) < 0)
            return -1;
        sum += n;
    }
    *ret = sum;
    return 0;
}

enum folder spool_find(const struct spool *s, const struct queue_id *id)
{
    for (size_t i = 0; i < FOLDERS_KEPT; i++)
        if (faccessat(s->root, entry_path(folders_kept[i], id).text, F_OK, AT_SYMLINK_NOFOLLOW) ==
            0)
            return folders_kept[i];
    return FOLDERS;
}

enum folder spool_find_trace(const struct spool *s, const struct queue_id *id)
{
    enum folder found = spool_find(s, id);
    if (found != FOLDERS)
        return found;
    struct entry_path path = entry_path(FOLDER_SENT, id);
    return faccessat(s->root, path.text, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? FOLDER_SENT : FOLDERS;
}

/* ---- housekeeping ---- */

void spool_stamp(const struct spool *s)
{
    int fd =
        openat(s->root, "stamp", O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (futimens(fd, NULL) < 0)
        errno = 0; /* only `check` would have liked to know */
    close(fd);
}

int64_t spool_stamped(const struct spool *s)
{
    struct stat facts;
    return fstatat(s->root, "stamp", &facts, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : (int64_t)facts.st_mtime;
}

int spool_check_room(const struct spool *s, struct spool_limits limits, uint64_t size,
                     struct err *e)
{
    uint64_t messages = 1;
    uint64_t octets = size;
    if (!limits.max_messages && !limits.max_bytes)
        return 0;
    for (size_t i = 0; i < FOLDERS_KEPT; i++) {
        size_t n = 0;
        uint64_t more = 0;
        if (spool_count(s, folders_kept[i], &n, limits.max_bytes ? &more : NULL, e) < 0)
            return -1;
        messages += n;
        octets += more;
    }
    if (limits.max_messages && messages > limits.max_messages)
        return err_set(e, ERR_TEMPORARY, "the queue is full: it holds %llu messages (max_messages)",
                       (unsigned long long)messages - 1);
    if (limits.max_bytes && octets > limits.max_bytes)
        return err_set(e, ERR_TEMPORARY, "the queue is full: it holds %llu octets (max_bytes)",
                       (unsigned long long)(octets - size));
    return 0;
}
