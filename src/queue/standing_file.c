#include "queue/standing.h"

#include "base/io.h"
#include "base/utf8.h"
#include "mail/fold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The file is text: the magic, lines of key and value, and an end that a torn one does not have.
 *
 *   postbag-standing 1
 *   config PATH      account NAME      set KEY=VALUE (any)
 *   failures NUMBER  since NUMBER  last NUMBER  next NUMBER  tried NUMBER  permanent NUMBER
 *   stage NAME       text WORDS        hint WORDS
 *   tokens MILLIONTHS   tokens-at MILLISECONDS
 *   end */
static const char magic[] = "postbag-standing 1";

enum {
    STANDING_SIZE = 64 * 1024, /* octets of a file */
    TEXT_MAX = 2048,           /* octets of what went wrong */
    NAME_SIZE = 16,            /* digits of a file's name */
    PATH_SIZE = 48,
    MILLION = 1000000,
};

static const int64_t time_max = 9999999999999; /* as in queue/state.h */

/* ---- text ---- */

/* A value that cannot stand in a line is left out with its route: such a one is in no queue. */
static bool is_line(const char *value)
{
    for (; *value; value++)
        if (ascii_is_control(*value))
            return false;
    return true;
}

static bool route_print(const struct route *route, struct buf *to)
{
    bool fits = is_line(route->account) && (!route->config || is_line(route->config));
    if (route->config)
        buf_addf(to, "config %s\n", route->config);
    buf_addf(to, "account %s\n", route->account);
    for (size_t i = 0; i < route->sets.n; i++) {
        fits = fits && is_line(route->sets.items[i]);
        buf_addf(to, "set %s\n", route->sets.items[i]);
    }
    return fits;
}

static void text_print(const char *key, const char *text, struct buf *to)
{
    if (!text)
        return;
    BUF shown = { 0 };
    utf8_add_printable(&shown, span_of(text), " ");
    buf_truncate(&shown, fold_cut(buf_span(&shown), shown.len < TEXT_MAX ? shown.len : TEXT_MAX));
    buf_addf(to, "%s %s\n", key, buf_string(&shown));
}

static void standing_print(const struct standing *s, struct buf *to)
{
    buf_addf(to, "failures %u\nsince %" PRId64 "\nlast %" PRId64 "\nnext %" PRId64 "\n",
             s->failures, s->since_s, s->last_s, s->next_s);
    buf_addf(to, "tried %" PRId64 "\npermanent %d\n", s->tried_s, s->permanent);
    buf_addf(to, "stage %s\n", stage_name(s->stage));
    text_print("text", s->text, to);
    text_print("hint", s->hint, to);
    buf_addf(to, "tokens %" PRId64 "\ntokens-at %" PRId64 "\n",
             (int64_t)(s->bucket.tokens * MILLION), s->bucket.tokens_at);
}

static enum stage stage_parse(struct span name)
{
    for (enum stage stage = STAGE_NONE; stage <= STAGE_QUIT; stage++)
        if (span_is(name, stage_name(stage)))
            return stage;
    return STAGE_NONE;
}

static void text_parse(struct span value, char **ret)
{
    free(*ret);
    *ret = mem_copy(value.at, value.len);
}

static void number_parse(struct standing *s, struct span key, struct span value)
{
    uint64_t number;
    if (span_number(value, (uint64_t)time_max, &number) < 0)
        return;
    int64_t n = (int64_t)number;
    if (span_is(key, "failures"))
        s->failures = n < UINT_MAX ? (unsigned)n : UINT_MAX;
    else if (span_is(key, "since"))
        s->since_s = n;
    else if (span_is(key, "last"))
        s->last_s = n;
    else if (span_is(key, "next"))
        s->next_s = n;
    else if (span_is(key, "tried"))
        s->tried_s = n;
    else if (span_is(key, "permanent"))
        s->permanent = n;
    else if (span_is(key, "tokens"))
        s->bucket.tokens = (double)n / MILLION;
    else if (span_is(key, "tokens-at"))
        s->bucket.tokens_at = n;
}

static void line_parse(struct arena *a, struct span line, struct standing_item *ret)
{
    struct span key = line, value = line;
    (void)span_next(&value, ' ', &key);
    if (span_is(key, "config"))
        ret->route.config = arena_string(a, value);
    else if (span_is(key, "account"))
        ret->route.account = arena_string(a, value);
    else if (span_is(key, "set"))
        strlist_add(a, &ret->route.sets, arena_string(a, value));
    else if (span_is(key, "stage"))
        ret->standing.stage = stage_parse(value);
    else if (span_is(key, "text"))
        text_parse(value, &ret->standing.text);
    else if (span_is(key, "hint"))
        text_parse(value, &ret->standing.hint);
    else
        number_parse(&ret->standing, key, value);
}

static bool is_text(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '\n' && ascii_is_control(text.at[i]))
            return false;
    return true;
}

/* False for anything that is not whole; `ret` is empty then. */
static bool standing_parse(struct arena *a, struct span text, struct standing_item *ret)
{
    struct span line;
    bool ended = false;
    if (!is_text(text) || !span_next(&text, '\n', &line) || !span_is(line, magic))
        return false;
    while (!ended && span_next(&text, '\n', &line)) {
        ended = span_is(line, "end") && !text.len;
        line_parse(a, line, ret);
    }
    if (ended && ret->route.account)
        return true;
    standing_done(&ret->standing);
    return false;
}

/* ---- files ---- */

struct path {
    char text[PATH_SIZE];
};

static void hash_text(uint64_t *hash, const char *text)
{
    const uint64_t prime = 0x100000001b3; /* FNV-1a */
    do
        *hash = (*hash ^ (unsigned char)*text) * prime;
    while (*text++);
}

/* Two routes of one name take turns in the file: each finds that it is not its own. */
static struct path route_path(const struct route *route)
{
    uint64_t hash = 0xcbf29ce484222325;
    struct path path;
    hash_text(&hash, route->config ? route->config : "");
    hash_text(&hash, route->account);
    for (size_t i = 0; i < route->sets.n; i++)
        hash_text(&hash, route->sets.items[i]);
    BUF text = { .limit = PATH_SIZE - 1 };
    buf_addf(&text, "%s/%016" PRIx64, folder_name(FOLDER_ACCOUNTS), hash);
    memcpy(path.text, buf_string(&text), text.len + 1);
    return path;
}

static bool file_read(const struct spool *spool, const char *path, struct buf *to)
{
    enum { FLAGS = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC };
    ERR ignored = { 0 };
    struct stat facts;
    CLEANUP(io_close) int fd = openat(spool->root, path, FLAGS);
    return fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
           io_read_all(fd, path, STANDING_SIZE, to, &ignored) == 0;
}

static bool item_read(const struct spool *spool, const char *path, struct arena *a,
                      struct standing_item *ret)
{
    BUF text = { 0 };
    return file_read(spool, path, &text) && standing_parse(a, buf_span(&text), ret);
}

void standing_load(const struct spool *spool, const struct route *route, struct standing *ret)
{
    ARENA a = { 0 };
    struct standing_item item = { 0 };
    *ret = (struct standing){ 0 };
    if (!item_read(spool, route_path(route).text, &a, &item))
        return;
    if (route_equals(&item.route, route))
        *ret = item.standing;
    else
        standing_done(&item.standing);
}

/* The new one grows in tmp/, where spool_sweep finds what a crash leaves behind. */
static void file_write(const struct spool *spool, const char *path, struct span text)
{
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    ERR ignored = { 0 };
    struct queue_id id;
    if (queue_id_new((int64_t)time(NULL) * MILLION, &id, &ignored) < 0)
        return;
    struct entry_path new = entry_path(FOLDER_TMP, &id);
    int fd = openat(spool->root, new.text, FLAGS, 0600);
    if (fd < 0)
        return;
    int written = io_write(fd, text.at, text.len);
    if (close(fd) < 0 || written < 0 || renameat(spool->root, new.text, spool->root, path) < 0)
        (void)unlinkat(spool->root, new.text, 0);
}

void standing_save(const struct spool *spool, const struct route *route, const struct standing *s)
{
    BUF text = { .limit = STANDING_SIZE };
    struct path path = route_path(route);
    if (!s->failures && !s->bucket.tokens_at) {
        (void)unlinkat(spool->root, path.text, 0);
        return;
    }
    buf_addf(&text, "%s\n", magic);
    bool fits = route_print(route, &text);
    standing_print(s, &text);
    buf_add_string(&text, "end\n");
    if (fits && !text.failed)
        file_write(spool, path.text, buf_span(&text));
}

/* ---- all of them ---- */

static int by_account(const void *a, const void *b)
{
    const struct route *x = &((const struct standing_item *)a)->route;
    const struct route *y = &((const struct standing_item *)b)->route;
    int order = strcmp(x->account, y->account);
    return order ? order : strcmp(x->config ? x->config : "", y->config ? y->config : "");
}

/* A file under another name than its route's is nobody's. */
static void list_add(const struct spool *spool, const char *name, struct standing_list *ret)
{
    struct standing_item item = { 0 };
    BUF path = { 0 };
    if (strlen(name) != NAME_SIZE)
        return;
    buf_addf(&path, "%s/%s", folder_name(FOLDER_ACCOUNTS), name);
    if (!item_read(spool, buf_string(&path), &ret->arena, &item))
        return;
    if (!span_is(buf_span(&path), route_path(&item.route).text)) {
        standing_done(&item.standing);
        return;
    }
    ret->items = arena_grow(&ret->arena, ret->items, ret->n, &ret->room, sizeof *ret->items);
    ret->items[ret->n++] = item;
}

static int scan_folder(const struct spool *spool, DIR *dir, struct standing_list *ret,
                       struct err *e)
{
    const struct dirent *d;
    while (errno = 0, (d = readdir(dir)))
        list_add(spool, d->d_name, ret);
    if (errno)
        return spool_failed(spool, errno, "list", folder_name(FOLDER_ACCOUNTS), e);
    if (ret->n)
        qsort(ret->items, ret->n, sizeof *ret->items, by_account);
    return 0;
}

int standing_scan(const struct spool *spool, struct standing_list *ret, struct err *e)
{
    const char *folder = folder_name(FOLDER_ACCOUNTS);
    int fd = openat(spool->root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : spool_failed(spool, errno, "open", folder, e);
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return spool_failed(spool, errno, "open", folder, e);
    }
    int done = scan_folder(spool, dir, ret, e);
    closedir(dir);
    return done;
}

void standing_hasten(const struct spool *spool)
{
    struct standing_list list = { 0 };
    ERR ignored = { 0 };
    if (standing_scan(spool, &list, &ignored) == 0) {
        for (size_t i = 0; i < list.n; i++) {
            struct standing *s = &list.items[i].standing;
            s->next_s = 0;
            if (s->failures)
                standing_save(spool, &list.items[i].route, s);
        }
    }
    standing_list_done(&list);
}

void standing_list_done(struct standing_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        standing_done(&l->items[i].standing);
    arena_done(&l->arena);
    *l = (struct standing_list){ 0 };
}
