#include "queue/bounce_parts.h"

#include "base/utf8.h"
#include "mail/date.h"
#include "mail/fold.h"

#include <string.h>

enum {
    LINE = 76,
    WORD_MAX = 900,    /* longer ones are divided */
    WORDS_MAX = 1000,  /* octets of a server's words */
    ADDRESS_MAX = 800, /* octets of an address */
    DAY = 86400,
    HOUR = 3600,
};

static void add_line(struct buf *to, const char *text)
{
    buf_addf(to, "%s\r\n", text);
}

void bounce_add_wrapped(struct buf *to, size_t column, const char *indent, struct span words)
{
    struct span word;
    bool first = true;
    while (words.len && span_word(&words, &word)) {
        while (word.len) {
            size_t len = fold_cut(word, WORD_MAX);
            if (!first && column + 1 + len > LINE) {
                buf_addf(to, "\r\n%s", indent);
                column = strlen(indent);
            } else if (!first) {
                buf_add_char(to, ' ');
                column++;
            }
            buf_add(to, word.at, len);
            column += len;
            word = span_from(word, len);
            first = false;
        }
    }
}

/* Foreign words as a paragraph: whatever they hold, they stay on lines that begin with `indent`. */
static void add_foreign(struct buf *to, const char *indent, const char *words)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, span_of(words), " ");
    buf_truncate(&shown, fold_cut(buf_span(&shown), WORDS_MAX));
    buf_add_string(to, indent);
    bounce_add_wrapped(to, strlen(indent), indent, buf_span(&shown));
    buf_add_string(to, "\r\n");
}

static void add_address(struct buf *to, const char *address)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, span_of(address), " ");
    buf_add(to, shown.at, fold_cut(buf_span(&shown), ADDRESS_MAX));
}

static void add_recipient(struct buf *to, const struct rcpt *rcpt)
{
    buf_add_string(to, "  ");
    add_address(to, rcpt->original && *rcpt->original ? rcpt->original : rcpt->wire);
    if (rcpt->original && *rcpt->original && strcmp(rcpt->original, rcpt->wire) != 0) {
        buf_add_string(to, "\r\n    (");
        add_address(to, rcpt->wire);
        buf_add_char(to, ')');
    }
    buf_add_string(to, "\r\n");
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_reason(const struct verdict *a, const struct verdict *b)
{
    return same_text(a->err.text, b->err.text) && same_text(a->err.hint, b->err.hint);
}

static void add_reason(struct buf *to, const struct verdict *v)
{
    if (v->err.text)
        add_foreign(to, "    ", v->err.text);
    if (v->err.hint) {
        BUF hint = { 0 };
        buf_addf(&hint, "hint: %s", v->err.hint);
        add_foreign(to, "    ", buf_string(&hint));
    }
    buf_add_string(to, "\r\n");
}

size_t bounce_next(const struct bounce_about *b, size_t i)
{
    while (i < b->entry->envelope.n_rcpts && !b->about[i])
        i++;
    return i;
}

/* Those that failed alike share their reason. */
static void add_recipients(struct buf *to, const struct bounce_about *b)
{
    size_t n = b->entry->envelope.n_rcpts;
    for (size_t i = bounce_next(b, 0), next; i < n; i = next) {
        next = bounce_next(b, i + 1);
        add_recipient(to, &b->entry->envelope.rcpts[i]);
        if (next == n || !same_reason(&b->verdicts[i], &b->verdicts[next]))
            add_reason(to, &b->verdicts[i]);
    }
}

static void add_since(struct buf *to, const struct bounce_about *b)
{
    int64_t since = b->entry->created_us / 1000000;
    int64_t age = b->facts->now > since ? b->facts->now - since : 0;
    if (age >= 2 * DAY)
        buf_addf(to, "for %lld days", (long long)(age / DAY));
    else if (age >= 2 * HOUR)
        buf_addf(to, "for %lld hours", (long long)(age / HOUR));
    else
        buf_add_string(to, "again and again");
}

static void add_prospect(struct buf *to, const struct bounce_about *b)
{
    if (b->facts->action == BOUNCE_DELAYED) {
        buf_add_string(to, "There is no need to send it again: delivery is tried further");
        if (b->facts->retry_until) {
            buf_add_string(to, ",\r\nuntil ");
            date_add(to, (time_t)b->facts->retry_until);
        }
        buf_add_string(to, ".\r\n");
    } else if (b->facts->expired) {
        buf_add_string(to, "Delivery was tried ");
        add_since(to, b);
        buf_add_string(to, ", and is given up now.\r\n");
    } else {
        add_line(to, "Delivery to them is not tried again.");
    }
}

static bool has_others(const struct bounce_about *b)
{
    for (size_t i = 0; i < b->entry->envelope.n_rcpts; i++)
        if (!b->about[i])
            return true;
    return false;
}

void bounce_add_text(struct buf *to, const struct bounce_about *b)
{
    buf_add_string(to, "This is postbag, which sends mail for you on ");
    add_address(to, b->facts->host);
    buf_add_string(to, ".\r\n\r\nYour message of ");
    date_add(to, (time_t)(b->entry->created_us / 1000000));
    add_line(to, b->facts->action == BOUNCE_DELAYED ? "\r\ncould not be delivered yet to:"
                                                    : "\r\ncould not be delivered to:");
    buf_add_string(to, "\r\n");
    add_recipients(to, b);
    add_prospect(to, b);
    if (has_others(b))
        add_line(to, "This is not about its other recipients.");
    add_line(to, b->whole ? "The message comes back with this one."
                          : "The header of the message comes back with this one.");
    if (b->facts->action == BOUNCE_FAILED && bounce_is_too_large(b->entry))
        buf_addf(to, "The message itself stays in the queue, as %s.\r\n", b->entry->id.text);
}
