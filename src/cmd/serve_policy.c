#include "cmd/serve_policy.h"

#include "cmd/answer.h"
#include "mail/addr.h"

#include <grp.h>
#include <string.h>

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
    if (getgrouplist(ident_login(user->ident), user->peer.gid, groups, &n) < 0)
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
    return strcmp(word, ident_login(user->ident)) == 0;
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
    buf_addf(&words, "User %s may not send here", ident_login(user->ident));
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
    buf_addf(&words, "User %s may not send as <%s>", ident_login(user->ident), sender);
    return answer_refuse(550, "5.7.1", buf_string(&words), e);
}
