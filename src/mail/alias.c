#include "mail/alias.h"

#include "base/utf8.h"
#include "mail/domain.h"

enum { ALIAS_DEPTH = 10 };

struct alias {
    const char *name;
    struct alias_target *targets; /* none when all were skipped */
    size_t n;
    size_t room;
    unsigned walk;                            /* the expansion that met it last */
    enum { STATE_ON_PATH, STATE_DONE } state; /* in that one */
};

struct alias_target {
    struct addr addr;
    bool final; /* "\name" */
};

static void note_skipped(struct arena *a, struct strlist *notes, const char *name,
                         struct span target)
{
    BUF line = { 0 };
    buf_add_string(&line, "alias ");
    utf8_add_printable(&line, span_of(name), " ");
    buf_add_string(&line, ": skipped, as only addresses and names can be mailed: ");
    utf8_add_printable(&line, target, " ");
    strlist_add(a, notes, arena_string(a, buf_span(&line)));
}

static int refuse(struct err *e, const char *name)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, span_of(name), " ");
    e->kind = ERR_CONFIG;
    err_context(e, "alias %s", buf_string(&shown));
    return -1;
}

/* "|program", "/file" and ":include:file", with or without quotes. */
static bool is_unmailable(struct span target)
{
    if (span_starts(target, "\""))
        target = span_from(target, 1);
    return span_starts(target, "|") || span_starts(target, "/") || span_starts(target, ":");
}

/* Takes the next target off the front of `rest`: up to a comma outside quotes. */
static bool next_target(struct span *rest, struct span *ret)
{
    if (!rest->len)
        return false;
    bool quoted = false;
    size_t len = 0;
    for (; len < rest->len && (quoted || rest->at[len] != ','); len++) {
        if (rest->at[len] == '\\')
            len++;
        else if (rest->at[len] == '"')
            quoted = !quoted;
    }
    *ret = span_trim((struct span){ rest->at, len < rest->len ? len : rest->len });
    *rest = span_from(*rest, len + 1);
    return true;
}

static int alias_add_target(struct arena *a, struct alias *alias, struct span text, struct err *e)
{
    struct alias_target target = { .final = span_starts(text, "\\") };
    if (addr_parse_one(a, span_from(text, target.final), &target.addr, e) < 0)
        return -1;
    alias->targets = arena_grow(a, alias->targets, alias->n, &alias->room, sizeof *alias->targets);
    alias->targets[alias->n++] = target;
    return 0;
}

/* FNV-1a over the name without case. */
static uint32_t hash(const char *name)
{
    uint32_t value = 2166136261u;
    for (; *name; name++)
        value = (value ^ (unsigned char)ascii_lower(*name)) * 16777619u;
    return value;
}

/* The slot of a name: where it stands, or the empty one where it would. */
static size_t *find_slot(const struct aliases *in, const char *name)
{
    size_t i = hash(name) & (in->n_slots - 1);
    while (in->slots[i] && !span_iis(span_of(in->items[in->slots[i] - 1].name), name))
        i = (i + 1) & (in->n_slots - 1);
    return &in->slots[i];
}

/* The first of a name counts, which is how an entry that was added before another wins. */
static void enter(struct aliases *to, size_t item)
{
    size_t *slot = find_slot(to, to->items[item].name);
    if (!*slot)
        *slot = item + 1;
}

static void aliases_append(struct arena *a, struct aliases *to, const struct alias *alias)
{
    to->items = arena_grow(a, to->items, to->n, &to->room, sizeof *to->items);
    to->items[to->n++] = *alias;
    if (to->n * 2 <= to->n_slots) {
        enter(to, to->n - 1);
        return;
    }
    to->n_slots = to->n_slots ? to->n_slots * 2 : 16;
    to->slots = arena_new(a, to->n_slots, sizeof *to->slots);
    for (size_t i = 0; i < to->n; i++)
        enter(to, i);
}

int aliases_add(struct arena *a, struct aliases *to, struct span name, struct span value,
                struct strlist *notes, struct err *e)
{
    struct alias alias = { .name = arena_string(a, name) };
    struct span rest = { arena_string(a, value), value.len };
    struct span target;
    while (next_target(&rest, &target)) {
        if (is_unmailable(target))
            note_skipped(a, notes, alias.name, target);
        else if (target.len && alias_add_target(a, &alias, target, e) < 0)
            return refuse(e, alias.name);
    }
    aliases_append(a, to, &alias);
    return 0;
}

static struct alias *find(const struct aliases *from, const char *name)
{
    size_t *slot = from->n ? find_slot(from, name) : NULL;
    return slot && *slot ? &from->items[*slot - 1] : NULL;
}

static struct alias *find_or_default(const struct aliases *from, const char *name)
{
    struct alias *found = find(from, name);
    if (!found)
        found = find(from, "default");
    return found ? found : find(from, "*");
}

/* One expansion. An alias on the path is met again only by a loop; one that is done adds nothing,
 * so the work is bounded by the number of targets. */
struct walk {
    struct arena *arena;
    struct aliases *from;
    struct addr_list found;
    struct err *e;
};

static bool is_met(const struct walk *w, const struct alias *alias)
{
    return alias->walk == w->from->walks;
}

static bool is_catch_all(const struct alias *alias)
{
    return span_iis(span_of(alias->name), "default") || span_iis(span_of(alias->name), "*");
}

static bool is_name(const struct alias_target *target)
{
    const char *domain = target->addr.domain;
    return !target->final && (!*domain || domain_same(domain, "localhost"));
}

static int walk_alias(struct walk *w, struct alias *alias, unsigned depth);

/* A name in its own value, or in that of the catch-all which would catch it again, is final. */
static int walk_target(struct walk *w, const struct alias *parent,
                       const struct alias_target *target, unsigned depth)
{
    struct alias *next = NULL;
    if (is_name(target))
        next = find_or_default(w->from, target->addr.local);
    bool again = next && is_met(w, next) && next->state == STATE_ON_PATH;
    if (next && !(again && (next == parent || is_catch_all(next))))
        return walk_alias(w, next, depth + 1);
    addr_list_add(w->arena, &w->found, &target->addr);
    return 0;
}

static int walk_alias(struct walk *w, struct alias *alias, unsigned depth)
{
    if (is_met(w, alias) && alias->state == STATE_DONE)
        return 0;
    if (is_met(w, alias)) {
        err_set(w->e, ERR_CONFIG, "the alias leads back to itself");
        return refuse(w->e, alias->name);
    }
    if (depth > ALIAS_DEPTH) {
        err_set(w->e, ERR_CONFIG, "more than %d aliases lead to it", ALIAS_DEPTH);
        return refuse(w->e, alias->name);
    }
    alias->walk = w->from->walks;
    alias->state = STATE_ON_PATH;
    for (size_t i = 0; i < alias->n; i++)
        if (walk_target(w, alias, &alias->targets[i], depth) < 0)
            return -1;
    alias->state = STATE_DONE;
    return 0;
}

int aliases_expand(struct arena *a, struct aliases *from, const char *name, struct addr_list *ret,
                   struct err *e)
{
    struct alias *alias = find_or_default(from, name);
    if (!alias)
        return 0;
    struct walk w = { .arena = a, .from = from, .found = *ret, .e = e };
    from->walks++;
    if (walk_alias(&w, alias, 1) < 0)
        return -1;
    if (w.found.n == ret->n) {
        err_set(e, ERR_CONFIG, "no address is left of its value");
        return refuse(e, alias->name);
    }
    *ret = w.found;
    return 1;
}
