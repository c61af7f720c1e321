#include "mail/sender.h"

#include "mail/domain.h"

/* The account's `from`: 0 if it has none, 1 otherwise, -1 with ERR_CONFIG. */
static int account_from(struct arena *a, const struct mail_opts *opts, struct addr *ret,
                        struct err *e)
{
    if (!opts->from)
        return 0;
    if (addr_parse_one(a, span_of(opts->from), ret, e) == 0)
        return 1;
    err_context(e, "from");
    e->kind = ERR_CONFIG;
    return -1;
}

static bool is_account_from(const struct mail_opts *opts, const struct addr *addr)
{
    ARENA a = { 0 };
    ERR ignored = { 0 };
    struct addr from;
    return account_from(&a, opts, &from, &ignored) == 1 && addr_same(&from, addr);
}

static bool is_own(const struct mail_opts *opts, const struct addr *addr)
{
    for (size_t i = 0; opts->own && i < opts->own->n; i++)
        if (addr_matches(addr, opts->own->items[i]))
            return true;
    return false;
}

bool sender_is_deliverable(const struct plan_facts *facts, const struct addr *addr)
{
    const char *maildomain = facts->opts->maildomain;
    return addr_is_deliverable(addr, facts->host) ||
           (maildomain && domain_same(addr->domain, maildomain));
}

bool sender_is_replaced(const struct plan_facts *facts, const struct addr *addr)
{
    const struct mail_opts *opts = facts->opts;
    if (opts->rewrite_from == REWRITE_NEVER || addr->null || is_account_from(opts, addr))
        return false;
    if (!sender_is_deliverable(facts, addr))
        return true;
    return opts->rewrite_from == REWRITE_ALWAYS && opts->from && !is_own(opts, addr);
}

int sender_replace(struct arena *a, const struct plan_facts *facts, const struct addr *addr,
                   struct addr *ret, struct err *e)
{
    const struct mail_opts *opts = facts->opts;
    int found = account_from(a, opts, ret, e);
    if (found != 0)
        return found < 0 ? -1 : 0;
    if (!opts->maildomain) {
        err_set(e, ERR_CONFIG, "the sender %s%s%s cannot be reached from outside this host",
                addr->local, *addr->domain ? "@" : "", addr->domain);
        err_hint(e, "set `from` in the account, or `maildomain`");
        return -1;
    }
    *ret = (struct addr){ .local = addr->local, .domain = opts->maildomain };
    return 0;
}

/* What is sent without -f: the account's address, else the login, still without a domain. */
static int default_sender(struct arena *a, const char *login, const struct mail_opts *opts,
                          struct addr *ret, struct err *e)
{
    struct addr sender = { .local = login, .domain = "" };
    if (account_from(a, opts, &sender, e) < 0)
        return -1;
    *ret = sender;
    return 0;
}

int plan_sender(struct arena *a, const struct addr *given, const char *login, const char *host,
                const struct mail_opts *opts, struct addr *ret, struct err *e)
{
    struct plan_facts facts = { .opts = opts, .host = host };
    struct addr sender;
    if (given)
        sender = *given;
    else if (default_sender(a, login, opts, &sender, e) < 0)
        return -1;
    if (sender_is_replaced(&facts, &sender))
        return sender_replace(a, &facts, &sender, ret, e);
    if (!sender.null && !*sender.domain && !opts->leave_local)
        sender.domain = opts->maildomain ? opts->maildomain : host;
    *ret = sender;
    return 0;
}
