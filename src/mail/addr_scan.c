#include "mail/addr_scan.h"

#include <string.h>

/* RFC 5322 section 3.2, with the obsolete forms of 4.1:
 *
 *   CFWS          = *( blank / CRLF blank / comment )
 *   comment       = "(" *( ctext / quoted-pair / CFWS ) ")"
 *   quoted-string = DQUOTE *( qtext / quoted-pair / blank / CRLF blank ) DQUOTE
 *   quoted-pair   = "\" any-octet
 *   literal       = "[" *( dtext / quoted-pair / blank / CRLF blank ) "]"
 *   atom          = 1*( atext / octet above 127 )
 *
 * No octet is CR (but in folding), LF or NUL. */

void addr_scan_init(struct addr_scan *s, struct span text)
{
    const char *at = text.at ? text.at : "";
    *s = (struct addr_scan){ .at = at, .end = at + text.len, .behind = at, .token = { at, 0 } };
}

static int scan_fail(struct addr_scan *s, const char *problem)
{
    s->kind = ADDR_SCAN_BAD;
    s->problem = problem;
    return -1;
}

bool addr_scan_is_atext(char c)
{
    return !ascii_is_control(c) && !strchr(" ()<>[]:;@\\,.\"", c);
}

static bool is_line_break(char c)
{
    return c == '\r' || c == '\n' || c == '\0';
}

static bool is_folding(const struct addr_scan *s)
{
    return s->end - s->at > 2 && s->at[0] == '\r' && s->at[1] == '\n' && ascii_is_blank(s->at[2]);
}

/* Octets of the next unit within quotes, brackets or a comment: a character, a quoted pair, or the
 * CRLF of a folding. 0 when there is none. */
static size_t scan_unit(struct addr_scan *s, const char *unclosed)
{
    if (is_folding(s))
        return 2;
    size_t len = s->at < s->end && *s->at == '\\' ? 2 : 1;
    if ((size_t)(s->end - s->at) < len) {
        scan_fail(s, unclosed);
        return 0;
    }
    if (is_line_break(s->at[len - 1])) {
        scan_fail(s, "a line break or NUL");
        return 0;
    }
    return len;
}

/* From an opening character, at which the scan stands, to behind the `close` that belongs to it.
 * Nesting is counted, so that no depth can exhaust the stack. */
static int scan_enclosed(struct addr_scan *s, char open, char close, const char *unclosed)
{
    size_t depth = 1;
    s->at++;
    while (depth) {
        size_t len = scan_unit(s, unclosed);
        if (!len)
            return -1;
        if (*s->at == close)
            depth--;
        else if (*s->at == open)
            depth++;
        s->at += len;
    }
    return 0;
}

static int scan_comment(struct addr_scan *s)
{
    const char *start = s->at + 1;
    if (scan_enclosed(s, '(', ')', "a comment is not closed") < 0)
        return -1;
    s->comment = (struct span){ start, (size_t)(s->at - 1 - start) };
    return 0;
}

static int scan_blanks(struct addr_scan *s)
{
    while (s->at < s->end) {
        if (*s->at == '(') {
            if (scan_comment(s) < 0)
                return -1;
        } else if (is_folding(s)) {
            s->at += 2;
        } else if (ascii_is_blank(*s->at)) {
            s->at++;
        } else {
            break;
        }
    }
    return 0;
}

static int scan_stray(struct addr_scan *s)
{
    if (is_line_break(*s->at))
        return scan_fail(s, "a line break or NUL");
    if (ascii_is_control(*s->at))
        return scan_fail(s, "a control character");
    return scan_fail(s, "a character that must be quoted");
}

static int scan_token(struct addr_scan *s)
{
    char c = *s->at;
    if (c == '"')
        return scan_enclosed(s, '\0', '"', "a quoted string is not closed");
    if (c == '[')
        return scan_enclosed(s, '\0', ']', "a square bracket is not closed");
    if (!addr_scan_is_atext(c) && (!c || !strchr("<>@,:;.", c)))
        return scan_stray(s);
    s->at++;
    while (addr_scan_is_atext(c) && s->at < s->end && addr_scan_is_atext(*s->at))
        s->at++;
    return 0;
}

void addr_scan_next(struct addr_scan *s)
{
    if (s->kind == ADDR_SCAN_BAD)
        return;
    s->behind = s->at;
    int blanks = scan_blanks(s);
    const char *start = s->at;
    s->token = (struct span){ start, 0 };
    if (blanks < 0)
        return;
    s->kind = ADDR_SCAN_END;
    if (start == s->end || scan_token(s) < 0)
        return;
    s->token.len = (size_t)(s->at - start);
    s->kind = addr_scan_is_atext(*start) ? ADDR_SCAN_ATOM : *start;
}

void addr_scan_add_token(const struct addr_scan *s, struct buf *to)
{
    if (s->kind == ADDR_SCAN_QUOTED)
        addr_scan_unquote(to, (struct span){ s->token.at + 1, s->token.len - 2 });
    else
        buf_add_span(to, s->token);
}

void addr_scan_unquote(struct buf *to, struct span raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.at[i] == '\\' && i + 1 < raw.len)
            i++;
        else if (is_line_break(raw.at[i]))
            continue;
        buf_add_char(to, raw.at[i]);
    }
}

void addr_scan_quote(struct buf *to, struct span text)
{
    buf_add_char(to, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            buf_add_char(to, '\\');
        buf_add_char(to, text.at[i]);
    }
    buf_add_char(to, '"');
}
