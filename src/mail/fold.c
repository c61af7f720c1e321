#include "mail/fold.h"

#include "base/utf8.h"
#include "mail/header.h"

#include <string.h>

size_t fold_cut(struct span text, size_t most)
{
    if (text.len <= most)
        return text.len;
    size_t start = most;
    while (start && most - start < 3 && utf8_is_tail(text.at[start]))
        start--;
    size_t len = utf8_next(span_from(text, start), NULL);
    return start && start + len > most ? start : most;
}

static size_t leading_blanks(struct span line)
{
    size_t n = 0;
    while (n < line.len && ascii_is_blank(line.at[n]))
        n++;
    return n;
}

/* The first place where a line may be folded: behind the colon, or behind some text. */
static size_t fold_least(struct span line, bool first)
{
    const char *colon = first ? memchr(line.at, ':', line.len) : NULL;
    return (colon ? (size_t)(colon - line.at) : leading_blanks(line)) + 1;
}

/* Where the last run of blanks between `least` and `most` begins; 0 without one. */
static size_t fold_place(struct span line, size_t least, size_t most)
{
    size_t at = most;
    while (at >= least && !ascii_is_blank(line.at[at]))
        at--;
    while (at > least && ascii_is_blank(line.at[at - 1]))
        at--;
    return at >= least ? at : 0;
}

static struct span without_blanks_at_end(struct span line)
{
    while (line.len > 1 && ascii_is_blank(line.at[line.len - 1]))
        line.len--;
    return line;
}

/* So that the first cut leaves text on the line. */
static struct span without_wide_lead(struct span line)
{
    size_t lead = leading_blanks(line);
    return lead < HEADER_LINE_MAX - 4 ? line : span_from(line, lead - 1);
}

static void fold_line(struct buf *to, struct span line, bool first)
{
    size_t most = HEADER_LINE_MAX;
    line = without_wide_lead(without_blanks_at_end(line));
    while (line.len > most) {
        size_t at = fold_place(line, fold_least(line, first), most);
        size_t len = at ? at : fold_cut(line, most);
        buf_add(to, line.at, len);
        buf_add_string(to, at ? "\r\n" : "\r\n ");
        line = without_wide_lead(span_from(line, len));
        most = at ? HEADER_LINE_MAX : HEADER_LINE_MAX - 1;
        first = false;
    }
    buf_add_span(to, line);
}

bool fold_field(struct buf *to, struct span raw)
{
    bool folded = false;
    struct span rest = raw, line;
    while (span_next(&rest, '\n', &line) && rest.at) {
        line.len--; /* the CR */
        if (line.len > HEADER_LINE_MAX) {
            fold_line(to, line, line.at == raw.at);
            folded = true;
        } else {
            buf_add_span(to, line);
        }
        buf_add(to, "\r\n", 2);
    }
    return folded;
}
