#include "cmd/serve_policy.h"

#include "base/clock.h"
#include "base/io.h"
#include "cmd/answer.h"
#include "mail/addr.h"
#include "queue/standing.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Users. */

static bool is_in_group(const struct serve_user *user, const char *name)
{
    enum { GROUPS = 1024 };
    gid_t groups[GROUPS];
    int n = GROUPS;
    const struct group *group = getgrnam(name);
    if (!group)
        return false;
    gid_t wanted = group->gr_gid;
    if (user->peer.known && user->peer.pid && user->peer.gid == wanted)
        return true;
    if (getgrouplist(user->ident->login, user->peer.gid, groups, &n) < 0)
        n = GROUPS;
    for (int i = 0; i < n; i++)
        if (groups[i] == wanted)
            return user->peer.pid || i > 0; /* the first one is what we said ourselves */
    return false;
}

/* user = login / number / "@" group */
static bool is_user(const struct serve_user *user, const char *word)
{
    uint64_t number;
    if (*word == '@')
        return is_in_group(user, word + 1);
    if (span_number(span_of(word), UINT32_MAX, &number) == 0)
        return number == user->peer.uid;
    return strcmp(word, user->ident->login) == 0;
}

int serve_allows_user(const struct serve_user *user, struct err *e)
{
    BUF words = { 0 };
    const struct strlist *users = &user->opts->users;
    for (size_t i = 0; i < users->n; i++)
        if (is_user(user, users->items[i]))
            return 0;
    if (!users->n)
        return 0;
    buf_addf(&words, "User %s may not send here", user->ident->login);
    return answer_refuse(550, "5.7.1", buf_string(&words), e);
}

/* Senders. */

static bool fits(const char *sender, const char *pattern)
{
    ARENA a = { 0 };
    ERR ignored = { 0 };
    struct addr addr = { 0 };
    return *sender && addr_parse_one(&a, span_of(sender), &addr, &ignored) == 0 &&
           addr_matches(&addr, pattern);
}

/* rule = ( user / "*" ) ":" pattern */
static bool concerns(const struct serve_user *user, const char *rule, const char **pattern)
{
    ARENA a = { 0 };
    const char *colon = strchr(rule, ':');
    *pattern = colon + 1;
    const char *word = arena_string(&a, (struct span){ rule, (size_t)(colon - rule) });
    return strcmp(word, "*") == 0 || is_user(user, word);
}

int serve_allows_sender(const struct serve_user *user, const char *sender, struct err *e)
{
    BUF words = { 0 };
    const struct strlist *rules = &user->opts->senders;
    bool limited = false;
    for (size_t i = 0; i < rules->n; i++) {
        const char *pattern;
        if (!concerns(user, rules->items[i], &pattern))
            continue;
        if (fits(sender, pattern))
            return 0;
        limited = true;
    }
    if (!limited)
        return 0;
    buf_addf(&words, "User %s may not send as <%s>", user->ident->login, sender);
    return answer_refuse(550, "5.7.1", buf_string(&words), e);
}

/* Messages: a small file for each user, "TOKENS-IN-MILLIONTHS MILLISECONDS-SINCE-1970" in digits of
 * fixed number, changed in place under a lock, not synced: losing it only means a fresh start. */

enum { COUNT_SIZE = 16 + 1 + 16 + 1, MILLION = 1000000 };

static int open_count(const struct serve_user *user, const struct spool *spool)
{
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    BUF name = { 0 };
    buf_addf(&name, "%s/uid-%lu", folder_name(FOLDER_ACCOUNTS), (unsigned long)user->peer.uid);
    int fd = openat(spool->root, buf_string(&name), flags, 0600);
    if (fd < 0 && errno == ENOENT && spool_make(spool->path) == 0)
        fd = openat(spool->root, buf_string(&name), flags, 0600);
    if (fd >= 0 && io_lock(fd, LOCK_EX) < 0)
        io_close(&fd);
    return fd;
}

static void read_count(int fd, struct standing *ret)
{
    char text[COUNT_SIZE];
    uint64_t tokens, at;
    if (io_read_at(fd, text, COUNT_SIZE, 0) != COUNT_SIZE ||
        span_number((struct span){ text, 16 }, INT64_MAX, &tokens) < 0 ||
        span_number((struct span){ text + 17, 16 }, INT64_MAX, &at) < 0)
        return;
    ret->tokens = (double)tokens / MILLION;
    ret->tokens_at = (int64_t)at;
}

static void write_count(int fd, const struct standing *s)
{
    BUF text = { 0 };
    buf_addf(&text, "%016" PRIu64 " %016" PRId64 "\n", (uint64_t)(s->tokens * MILLION),
             s->tokens_at);
    if (pwrite(fd, text.at, text.len, 0) < 0)
        return;
}

int serve_allows_message(const struct serve_user *user, const struct spool *spool, bool take,
                         struct err *e)
{
    BUF words = { 0 };
    struct standing count = { 0 };
    const struct serve_opts *o = user->opts;
    if (!o->rate_messages)
        return 0;
    CLEANUP(io_close) int fd = open_count(user, spool);
    if (fd < 0)
        return answer_refuse(451, "4.3.0", "Your messages cannot be counted", e);
    read_count(fd, &count);
    int64_t now = clock_wall_ms();
    int64_t wait_ms = standing_take(&count, o->rate_messages, o->rate_period_s, now);
    if (take && !wait_ms)
        write_count(fd, &count);
    if (!wait_ms)
        return 0;
    buf_addf(&words, "User %s has sent %u messages; the next one may go in %" PRId64 " s",
             user->ident->login, o->rate_messages, (wait_ms + 999) / 1000);
    return answer_refuse(451, "4.7.1", buf_string(&words), e);
}
