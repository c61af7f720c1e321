#include "mail/complete.h"

#include "mail/date.h"
#include "mail/domain.h"
#include "mail/sender.h"

#include <inttypes.h>

/* ---- values ---- */

static const char *date_value(struct edit *ed)
{
    BUF text = { 0 };
    date_add(&text, ed->facts->now);
    return arena_string(ed->arena, buf_span(&text));
}

/* The domain in its wire form, or NULL if it has none. */
static const char *wire_domain(struct arena *a, const char *domain)
{
    ERR ignored = { 0 };
    BUF wire = { 0 };
    return domain_add_wire(&wire, domain, &ignored) == 0 ? arena_string(a, buf_span(&wire)) : NULL;
}

static const char *account_domain(struct edit *ed)
{
    ERR ignored = { 0 };
    struct addr from;
    const char *text = ed->facts->opts->from;
    if (!text || addr_parse_one(ed->arena, span_of(text), &from, &ignored) < 0)
        return NULL;
    return from.domain;
}

/* A name for Message-ID and MAILER-DAEMON: this host's only if nothing better is known. */
static const char *own_domain(struct edit *ed)
{
    const struct plan_facts *facts = ed->facts;
    const struct addr *sender = facts->sender;
    const char *candidates[] = {
        !sender->null && sender_is_deliverable(facts, sender) ? sender->domain : NULL,
        account_domain(ed),
        facts->opts->maildomain,
        sender->domain,
        facts->host,
    };
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        const char *domain = candidates[i] && *candidates[i] ? candidates[i] : NULL;
        const char *wire = domain ? wire_domain(ed->arena, domain) : NULL;
        if (wire)
            return wire;
    }
    return "localhost";
}

static const char *message_id_value(struct edit *ed)
{
    const struct plan_facts *facts = ed->facts;
    char stamp[32] = "";
    struct tm t = { 0 };
    if (gmtime_r(&facts->now, &t))
        strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &t);
    return arena_printf(ed->arena, "<%s.%016" PRIx64 "%016" PRIx64 "@%s>", stamp, facts->random[0],
                        facts->random[1], own_domain(ed));
}

static const char *full_name(const struct plan_facts *facts)
{
    if (facts->given_name)
        return facts->given_name;
    if (facts->sender->null)
        return "Mail Delivery System";
    if (facts->opts->from_name || facts->full_name)
        return facts->opts->from_name ? facts->opts->from_name : facts->full_name;
    return facts->who ? ident_gecos(facts->who) : "";
}

/* NULL if the sender has no valid wire form. */
static const char *from_value(struct edit *ed, struct err *e)
{
    BUF text = { 0 };
    struct addr from = *ed->facts->sender;
    if (from.null)
        from = (struct addr){ .local = "MAILER-DAEMON", .domain = own_domain(ed) };
    if (addr_add_mailbox(&text, full_name(ed->facts), &from, e) < 0)
        return NULL;
    return arena_string(ed->arena, buf_span(&text));
}

/* ---- a message sent for the first time ---- */

static bool is_empty(const struct field *f)
{
    struct span value = span_trim(f->value);
    return !value.len || span_is(value, "<>");
}

static struct span make_field(struct edit *ed, const char *name, const char *value)
{
    return span_of(arena_printf(ed->arena, "%s: %s\r\n", name, value));
}

static bool is_missing(const struct edit *ed, const char *name)
{
    const struct field *f = header_find(&ed->header, name, 0);
    return !f || is_empty(f);
}

/* Appends the field, or puts it in the place of the empty one. */
static void complete_field(struct edit *ed, const char *name, const char *value)
{
    const struct field *f = header_find(&ed->header, name, 0);
    struct span raw = make_field(ed, name, value);
    if (f)
        header_replace(&ed->header, (size_t)(f - ed->header.fields), raw);
    else
        header_append(ed->arena, &ed->header, raw);
}

static bool is_undisclosed(const struct edit *ed)
{
    return ed->facts->opts->undisclosed_recipients && !header_has(&ed->header, "To") &&
           !header_has(&ed->header, "Cc");
}

static int complete_original(struct edit *ed, struct err *e)
{
    const struct mail_opts *opts = ed->facts->opts;
    if (is_missing(ed, "From")) {
        const char *from = from_value(ed, e);
        if (!from)
            return -1;
        complete_field(ed, "From", from);
    }
    if (is_undisclosed(ed))
        complete_field(ed, "To", "undisclosed-recipients:;");
    if (opts->set_date && is_missing(ed, "Date"))
        complete_field(ed, "Date", date_value(ed));
    if (opts->set_message_id && is_missing(ed, "Message-ID"))
        complete_field(ed, "Message-ID", message_id_value(ed));
    return 0;
}

/* ---- a message sent again ---- */

/* The newest Resent- fields: from the first one down to where an older handling shows, by a trace
 * field or by one of these three coming again. */
struct resent {
    size_t at;
    bool from;
    bool date;
    bool message_id;
};

/* Takes note of a field. False if it belongs to an older handling. */
static bool resent_see(struct resent *r, const struct field *f)
{
    bool *seen = span_iis(f->name, "Resent-From")         ? &r->from
                 : span_iis(f->name, "Resent-Date")       ? &r->date
                 : span_iis(f->name, "Resent-Message-ID") ? &r->message_id
                                                          : NULL;
    if (span_iis(f->name, "Received") || (seen && *seen))
        return false;
    if (seen)
        *seen = true;
    return true;
}

static struct resent resent_find(const struct header *h)
{
    struct resent r = { 0 };
    while (r.at < h->n && !span_istarts(h->fields[r.at].name, "Resent-"))
        r.at++;
    if (r.at == h->n) /* there was only Resent-Bcc */
        r.at = 0;
    for (size_t i = r.at; i < h->n && resent_see(&r, &h->fields[i]); i++)
        ;
    return r;
}

static void insert(struct edit *ed, size_t *at, const char *name, const char *value)
{
    header_insert(ed->arena, &ed->header, (*at)++, make_field(ed, name, value));
}

static int complete_resent(struct edit *ed, struct err *e)
{
    const struct mail_opts *opts = ed->facts->opts;
    struct resent r = resent_find(&ed->header);
    const char *from = r.from ? "" : from_value(ed, e);
    if (!from)
        return -1;
    if (!r.from)
        insert(ed, &r.at, "Resent-From", from);
    if (!r.date && opts->set_date)
        insert(ed, &r.at, "Resent-Date", date_value(ed));
    if (!r.message_id && opts->set_message_id)
        insert(ed, &r.at, "Resent-Message-ID", message_id_value(ed));
    return 0;
}

int complete_header(struct edit *ed, struct err *e)
{
    return ed->is_resent ? complete_resent(ed, e) : complete_original(ed, e);
}
