#include "mail/rewrite.h"

#include "base/utf8.h"
#include "mail/sender.h"

enum role { ROLE_NONE, ROLE_FROM, ROLE_SENDER, ROLE_OTHER };

static const struct {
    const char *name;
    enum role role;
} roles[] = {
    { "From", ROLE_FROM },          { "Sender", ROLE_SENDER },
    { "Resent-From", ROLE_SENDER }, { "Resent-Sender", ROLE_SENDER },
    { "Reply-To", ROLE_OTHER },     { "To", ROLE_OTHER },
    { "Cc", ROLE_OTHER },           { "Resent-To", ROLE_OTHER },
    { "Resent-Cc", ROLE_OTHER },    { "Resent-Reply-To", ROLE_OTHER },
};

static enum role role_of(const struct field *f)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (span_iis(f->name, roles[i].name))
            return roles[i].role;
    return ROLE_NONE;
}

/* A field while its mailboxes are exchanged. */
struct change {
    struct edit *edit;
    const struct field *field;
    enum role role;
    const char *done; /* the field up to here is in `text` */
    struct buf text;
    struct buf reply_to; /* mailboxes that Reply-To must keep */
};

static void change_done(struct change *c)
{
    buf_done(&c->text);
    buf_done(&c->reply_to);
}

static void change_splice(struct change *c, struct span old, struct span new)
{
    buf_add(&c->text, c->done, (size_t)(old.at - c->done));
    buf_add_span(&c->text, new);
    c->done = old.at + old.len;
}

/* The address as it was, for people; a bare one is told apart by the host. */
static const char *shown(struct arena *a, const struct plan_facts *facts, const struct addr *addr)
{
    return arena_printf(a, "%s@%s", addr->local, *addr->domain ? addr->domain : facts->host);
}

static int change_qualify(struct change *c, const struct addr *old, const struct addr *new,
                          struct err *e)
{
    const char *wire = addr_wire(c->edit->arena, new, e);
    if (!wire)
        return -1;
    change_splice(c, old->spec, span_of(wire));
    return 0;
}

/* `root (Cron Daemon)` becomes `"Cron Daemon (root@host)" <account>`. */
static int change_replace(struct change *c, const struct addr *old, const struct addr *new,
                          struct err *e)
{
    struct arena *a = c->edit->arena;
    const char *was = shown(a, c->edit->facts, old);
    const char *name = old->name && *old->name ? arena_printf(a, "%s (%s)", old->name, was) : was;
    BUF mailbox = { 0 };
    if (addr_add_mailbox(&mailbox, name, new, e) < 0)
        return -1;
    change_splice(c, old->text, buf_span(&mailbox));
    if (c->role != ROLE_FROM || !sender_is_deliverable(c->edit->facts, old))
        return 0;
    if (c->reply_to.len)
        buf_add_string(&c->reply_to, ", ");
    return addr_add_mailbox(&c->reply_to, old->name, old, e);
}

static int change_sender(struct change *c, const struct addr *addr, struct err *e)
{
    const struct plan_facts *facts = c->edit->facts;
    struct addr new;
    if (!sender_is_replaced(facts, addr))
        return 0;
    if (sender_replace(c->edit->arena, facts, addr, &new, e) < 0)
        return -1;
    edit_note(c->edit, "%.*s: %s became %s@%s", SPAN_ARGS(c->field->name),
              shown(c->edit->arena, facts, addr), new.local, new.domain);
    return facts->opts->from ? change_replace(c, addr, &new, e) : change_qualify(c, addr, &new, e);
}

static int change_address(struct change *c, const struct addr *addr, struct err *e)
{
    const char *maildomain = c->edit->facts->opts->maildomain;
    struct addr new = { .local = addr->local, .domain = maildomain };
    if (c->role != ROLE_OTHER)
        return change_sender(c, addr, e);
    if (*addr->domain || !maildomain)
        return 0;
    return change_qualify(c, addr, &new, e);
}

/* Puts the changed field in its place, and a Reply-To behind it if one is due. */
static void change_apply(struct change *c, size_t at)
{
    struct edit *ed = c->edit;
    struct span raw = c->field->raw;
    buf_add(&c->text, c->done, (size_t)(raw.at + raw.len - c->done));
    header_replace(&ed->header, at, span_of(arena_string(ed->arena, buf_span(&c->text))));
    if (c->reply_to.len && !header_has(&ed->header, "Reply-To"))
        header_insert(
            ed->arena, &ed->header, at + 1,
            span_of(arena_printf(ed->arena, "Reply-To: %s\r\n", buf_string(&c->reply_to))));
}

/* A field that cannot be parsed is nothing to us, unless it had to change, or somebody plays with
 * control characters. */
static int leave_unparsed(struct edit *ed, const struct field *f, enum role role, struct err *e)
{
    const struct mail_opts *opts = ed->facts->opts;
    bool must_change = role != ROLE_OTHER && opts->rewrite_from == REWRITE_ALWAYS && opts->from;
    err_context(e, "%.*s", SPAN_ARGS(f->name));
    if (must_change || f->cleaned)
        return -1;
    edit_note(ed, "left as it is: %s", e->text);
    err_done(e);
    return 0;
}

static int rewrite_field(struct edit *ed, size_t at, enum role role, struct err *e)
{
    const struct field *f = &ed->header.fields[at];
    CLEANUP(change_done) struct change c = { ed, f, role, .done = f->raw.at };
    struct addr_list list = { 0 };
    if (addr_parse_list(ed->arena, f->value, &list, e) < 0)
        return leave_unparsed(ed, f, role, e);
    for (size_t i = 0; i < list.n; i++)
        if (change_address(&c, &list.items[i], e) < 0)
            return -1;
    if (c.done == f->raw.at)
        return 0;
    if (f->cleaned)
        return err_set(e, ERR_DATA, "%.*s: a bare CR or a NUL stands among the addresses",
                       SPAN_ARGS(f->name));
    change_apply(&c, at);
    return 0;
}

int rewrite_header(struct edit *ed, struct err *e)
{
    bool never = ed->facts->opts->rewrite_from == REWRITE_NEVER;
    for (size_t i = 0; i < ed->header.n; i++) {
        enum role role = role_of(&ed->header.fields[i]);
        bool wanted = role == ROLE_OTHER || (role != ROLE_NONE && !never);
        if (wanted && rewrite_field(ed, i, role, e) < 0)
            return -1;
    }
    return 0;
}

static bool field_finds_utf8(const struct field *f)
{
    ARENA a = { 0 };
    ERR ignored = { 0 };
    struct addr_list list = { 0 };
    if (addr_parse_list(&a, f->value, &list, &ignored) < 0)
        return false;
    for (size_t i = 0; i < list.n; i++)
        if (addr_needs_utf8(&list.items[i]))
            return true;
    return false;
}

bool rewrite_finds_utf8(const struct header *h)
{
    for (size_t i = 0; i < h->n; i++) {
        const struct field *f = &h->fields[i];
        if (utf8_has_8bit(f->value) && role_of(f) != ROLE_NONE && field_finds_utf8(f))
            return true;
    }
    return false;
}
