#include "mail/envelope.h"

#include "base/utf8.h"
#include "mail/alias.h"
#include "mail/domain.h"

#include <stdlib.h>
#include <string.h>

static bool is_one_of(struct span name, const char *const names[3])
{
    return span_iis(name, names[0]) || span_iis(name, names[1]) || span_iis(name, names[2]);
}

int envelope_from_header(struct arena *a, const struct header *h, struct addr_list *ret,
                         struct err *e)
{
    static const char *const plain[3] = { "To", "Cc", "Bcc" };
    static const char *const resent[3] = { "Resent-To", "Resent-Cc", "Resent-Bcc" };
    const char *const *names = plain;
    struct addr_list found = *ret;
    for (size_t i = 0; i < h->n; i++)
        if (is_one_of(h->fields[i].name, resent))
            names = resent;
    for (size_t i = 0; i < h->n; i++) {
        const struct field *field = &h->fields[i];
        if (!is_one_of(field->name, names))
            continue;
        if (field->cleaned)
            return err_set(e, ERR_DATA, "%.*s: the field holds a bare CR or a NUL",
                           SPAN_ARGS(field->name));
        if (addr_parse_list(a, field->value, &found, e) < 0) {
            err_context(e, "%.*s", SPAN_ARGS(field->name));
            return -1;
        }
    }
    *ret = found;
    return 0;
}

/* A recipient and what makes it unique: its wire form with the domain in lower case. */
struct candidate {
    struct rcpt rcpt;
    const char *key;
    size_t index;
    bool repeated;
};

struct collection {
    struct arena *arena;
    struct aliases *aliases;
    const char *host;
    const char *maildomain; /* NULL for none */
    bool leave_local;
    struct candidate *items;
    size_t n;
    size_t room;
    struct err *e;
};

/* The host's name, whole or without its domain. */
static bool is_host(const char *domain, const char *host)
{
    size_t label = strcspn(host, ".");
    return domain_same(domain, host) || span_ieq(span_of(domain), (struct span){ host, label });
}

static bool is_local(const struct collection *c, const char *domain)
{
    if (!*domain || domain_is_loopback(domain))
        return true;
    if (c->maildomain && domain_same(domain, c->maildomain))
        return false;
    return is_host(domain, c->host);
}

static const char *make_key(struct arena *a, const char *wire)
{
    char *key = arena_string(a, span_of(wire));
    for (char *domain = strrchr(key, '@'); domain && *domain; domain++)
        *domain = ascii_lower(*domain);
    return key;
}

static struct candidate *next_candidate(struct collection *c)
{
    c->items = arena_grow(c->arena, c->items, c->n, &c->room, sizeof *c->items);
    c->items[c->n].index = c->n;
    return &c->items[c->n++];
}

static int no_such_name(struct collection *c, const char *name)
{
    err_set(c->e, ERR_NOUSER, "%s: no such local name", name);
    err_hint(c->e, "add \"default = you@example.com\" to [aliases], or set maildomain");
    return -1;
}

static int add_candidate(struct collection *c, const struct addr *addr, const char *original)
{
    struct addr full = *addr;
    if (!c->leave_local && is_local(c, full.domain)) {
        if (!c->maildomain)
            return no_such_name(c, original);
        full.domain = c->maildomain;
    }
    const char *wire = addr_wire(c->arena, &full, c->e);
    if (!wire)
        return -1;
    struct candidate *candidate = next_candidate(c);
    candidate->rcpt = (struct rcpt){ wire, original, addr_needs_utf8(&full) };
    candidate->key = make_key(c->arena, wire);
    return 0;
}

static const char *show_spec(struct arena *a, const struct addr *addr)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, addr->spec, "");
    return arena_string(a, buf_span(&shown));
}

static int add_recipient(struct collection *c, const struct addr *addr)
{
    const char *original = show_spec(c->arena, addr);
    struct addr_list expanded = { 0 };
    if (c->aliases && is_local(c, addr->domain) &&
        aliases_expand(c->arena, c->aliases, addr->local, &expanded, c->e) < 0)
        return -1;
    if (!expanded.n)
        return add_candidate(c, addr, original);
    for (size_t i = 0; i < expanded.n; i++)
        if (add_candidate(c, &expanded.items[i], original) < 0)
            return -1;
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct candidate *const *x = a;
    const struct candidate *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);
    return order ? order : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

/* Sorted, so that ten thousand recipients cost no hundred million comparisons. */
static void mark_repeated(struct collection *c)
{
    struct candidate **sorted = arena_new(c->arena, c->n, sizeof *sorted);
    for (size_t i = 0; i < c->n; i++)
        sorted[i] = &c->items[i];
    if (c->n)
        qsort(sorted, c->n, sizeof *sorted, by_key);
    for (size_t i = 1; i < c->n; i++)
        sorted[i]->repeated = strcmp(sorted[i]->key, sorted[i - 1]->key) == 0;
}

int envelope_set_recipients(struct arena *a, struct envelope *env, const struct addr_list *list,
                            struct aliases *aliases, const char *host, const struct mail_opts *opts,
                            struct err *e)
{
    struct collection c = { .arena = a,
                            .aliases = opts->leave_local ? NULL : aliases,
                            .host = host,
                            .leave_local = opts->leave_local,
                            .e = e };
    if (opts->maildomain && *opts->maildomain)
        c.maildomain = opts->maildomain;
    for (size_t i = 0; i < list->n; i++)
        if (add_recipient(&c, &list->items[i]) < 0)
            return -1;
    mark_repeated(&c);
    env->rcpts = arena_new(a, c.n, sizeof *env->rcpts);
    env->n_rcpts = 0;
    for (size_t i = 0; i < c.n; i++)
        if (!c.items[i].repeated)
            env->rcpts[env->n_rcpts++] = c.items[i].rcpt;
    return 0;
}
