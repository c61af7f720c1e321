#include "queue/bounce_parts.h"

#include "base/utf8.h"
#include "mail/date.h"
#include "net/target.h"
#include "smtp/reply.h"

#include <string.h>

/* RFC 3464: fields of the message, then of each recipient, an empty line before each of these. An
 * address beyond ASCII is of the type utf-8, with \x{…} for what this part must not hold (RFC 6533
 * section 3). */

enum { VALUE_MAX = 900 };

/* Foreign text as this part may hold it. */
static void add_ascii(struct buf *to, struct span text)
{
    size_t end = to->len + VALUE_MAX;
    for (size_t i = 0; i < text.len && to->len < end; i++) {
        char c = text.at[i];
        if (c == '\n' || c == '\t')
            buf_add_char(to, ' ');
        else if (!utf8_is_tail(c))
            buf_add_char(to, c < ' ' || c > '~' ? '?' : c);
    }
}

static void add_field(struct buf *to, const char *name, const char *type, struct span text)
{
    buf_addf(to, "%s: %s", name, type);
    add_ascii(to, text);
    buf_add_string(to, "\r\n");
}

/* Words may be folded. */
static void add_words(struct buf *to, const char *name, const char *type, struct span words)
{
    BUF shown = { 0 };
    size_t start = to->len;
    add_ascii(&shown, words);
    buf_addf(to, "%s: %s", name, type);
    bounce_add_wrapped(to, to->len - start, " ", buf_span(&shown));
    buf_add_string(to, "\r\n");
}

static void add_date(struct buf *to, const char *name, int64_t when)
{
    buf_addf(to, "%s: ", name);
    date_add(to, (time_t)when);
    buf_add_string(to, "\r\n");
}

/* utf-8-addr-xtext */
static void add_embedded(struct buf *to, struct span address)
{
    while (address.len) {
        uint32_t code = '?';
        size_t len = utf8_next(address, &code);
        if (code > ' ' && code <= '~' && !strchr("+=\\", (int)code))
            buf_add_char(to, (char)code);
        else
            buf_addf(to, "\\x{%02X}", (unsigned)code);
        address = span_from(address, len ? len : 1);
    }
}

static void add_address(struct buf *to, const char *name, const char *address)
{
    BUF embedded = { 0 };
    struct span text = span_of(address);
    if (!utf8_has_8bit(text)) {
        add_field(to, name, "rfc822; ", text);
        return;
    }
    add_embedded(&embedded, text);
    add_field(to, name, "utf-8; ", buf_span(&embedded));
}

/* ---- the message ---- */

static void add_message(struct buf *to, const struct bounce_about *b)
{
    const char *envid = b->entry->envelope.envid;
    if (envid && *envid)
        add_field(to, "Original-Envelope-Id", "", span_of(envid));
    add_field(to, "Reporting-MTA", "dns; ", span_of(b->facts->host));
    add_date(to, "Arrival-Date", b->entry->created_us / 1000000);
}

/* ---- a recipient ---- */

static bool is_enhanced(const char *text, char class)
{
    size_t len = strlen(text);
    return len && reply_parse_enhanced((struct span){ text, len }, class) == len;
}

/* A failure's class is 5, or 4 when only the time was up; a delay's is 4. */
static const char *status_of(const struct bounce_facts *facts, const struct err *err)
{
    if (facts->action == BOUNCE_DELAYED)
        return is_enhanced(err->enhanced, '4') ? err->enhanced : "4.0.0";
    if (facts->expired)
        return "4.4.7";
    if (is_enhanced(err->enhanced, '5'))
        return err->enhanced;
    if (err->kind == ERR_NOUSER)
        return "5.1.1";
    return err->kind == ERR_DATA ? "5.6.0" : "5.0.0";
}

/* Who said it, if that can only be one. */
static void add_remote(struct buf *to, struct arena *a, const struct account *account)
{
    ERR ignored = { 0 };
    struct target target;
    if (!account || account->net.host.n != 1 ||
        target_parse(a, account->net.host.items[0], &account->net, &target, &ignored) < 0 ||
        target.is_path || target.is_service)
        return;
    const char *name = target.is_literal ? arena_printf(a, "[%s]", target.host) : target.host;
    add_field(to, "Remote-MTA", "dns; ", span_of(name));
}

static void add_diagnosis(struct buf *to, struct arena *a, const struct bounce_about *b,
                          const struct err *err)
{
    if (err->kind != ERR_REPLY) {
        if (err->text)
            add_words(to, "Diagnostic-Code", "X-Postbag; ", span_of(err->text));
        return;
    }
    BUF said = { 0 };
    buf_addf(&said, "%03d", err->code);
    if (*err->enhanced)
        buf_addf(&said, " %s", err->enhanced);
    if (err->reply)
        buf_addf(&said, " %s", err->reply);
    add_remote(to, a, b->facts->account);
    add_words(to, "Diagnostic-Code", "smtp; ", buf_span(&said));
}

static void add_recipient(struct buf *to, struct arena *a, const struct bounce_about *b, size_t i)
{
    const struct rcpt *rcpt = &b->entry->envelope.rcpts[i];
    const struct bounce_facts *facts = b->facts;
    const struct err *err = &b->verdicts[i].err;
    int64_t last = b->entry->state.last_s;
    buf_add_string(to, "\r\n");
    if (rcpt->original && *rcpt->original && strcmp(rcpt->original, rcpt->wire) != 0)
        add_address(to, "Original-Recipient", rcpt->original);
    add_address(to, "Final-Recipient", rcpt->wire);
    buf_addf(to, "Action: %s\r\n", facts->action == BOUNCE_DELAYED ? "delayed" : "failed");
    buf_addf(to, "Status: %s\r\n", status_of(facts, err));
    add_diagnosis(to, a, b, err);
    add_date(to, "Last-Attempt-Date", last ? last : facts->now);
    if (facts->action == BOUNCE_DELAYED && facts->retry_until)
        add_date(to, "Will-Retry-Until", facts->retry_until);
}

void bounce_add_status(struct buf *to, struct arena *a, const struct bounce_about *b)
{
    add_message(to, b);
    for (size_t i = bounce_next(b, 0); i < b->entry->envelope.n_rcpts; i = bounce_next(b, i + 1))
        add_recipient(to, a, b, i);
}
