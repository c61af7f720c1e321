#include "auth/refusal.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 200 };

void refusal_done(struct refusal *r)
{
    buf_done(&r->status);
    buf_done(&r->scope);
}

/* A reader of JSON (RFC 8259) that finds the members of one object which are strings or numbers.
 * What is nested is passed over by counting its brackets. */

static void skip_blanks(struct span *rest)
{
    while (rest->len && (ascii_is_blank(*rest->at) || *rest->at == '\r' || *rest->at == '\n'))
        *rest = span_from(*rest, 1);
}

static bool skip_octet(struct span *rest, char octet)
{
    skip_blanks(rest);
    if (!rest->len || *rest->at != octet)
        return false;
    *rest = span_from(*rest, 1);
    return true;
}

/* A string with its escapes resolved; of \u only what is ASCII, which is all that stands here. */
static void add_escaped(struct buf *to, struct span *rest)
{
    char c = rest->len ? *rest->at : '\\';
    unsigned code = 0;
    *rest = span_from(*rest, rest->len ? 1 : 0);
    if (c != 'u') {
        buf_add_char(to, c == 'n' || c == 'r' || c == 't' ? ' ' : c);
        return;
    }
    for (int i = 0; i < 4 && rest->len && ascii_hex(*rest->at) >= 0; i++) {
        code = code * 16 + (unsigned)ascii_hex(*rest->at);
        *rest = span_from(*rest, 1);
    }
    buf_add_char(to, code >= ' ' && code < 127 ? (char)code : '?');
}

static bool take_string(struct span *rest, struct buf *ret)
{
    if (!skip_octet(rest, '"'))
        return false;
    while (rest->len && *rest->at != '"') {
        char c = *rest->at;
        *rest = span_from(*rest, 1);
        if (c == '\\')
            add_escaped(ret, rest);
        else
            buf_add_char(ret, c);
    }
    return skip_octet(rest, '"');
}

/* A number or a word. */
static bool take_word(struct span *rest, struct buf *ret)
{
    size_t n = 0;
    while (n < rest->len && (ascii_is_alpha(rest->at[n]) || ascii_is_digit(rest->at[n]) ||
                             rest->at[n] == '-' || rest->at[n] == '+' || rest->at[n] == '.'))
        n++;
    buf_add(ret, rest->at, n);
    *rest = span_from(*rest, n);
    return n > 0;
}

static bool skip_nested(struct span *rest)
{
    size_t depth = 0;
    while (rest->len) {
        BUF ignored = { 0 };
        char c = *rest->at;
        if (c == '"' && !take_string(rest, &ignored))
            return false;
        if (c == '"')
            continue;
        *rest = span_from(*rest, 1);
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (!depth)
            return true;
    }
    return false;
}

static bool take_value(struct span *rest, struct buf *ret)
{
    skip_blanks(rest);
    if (!rest->len)
        return false;
    if (*rest->at == '{' || *rest->at == '[')
        return skip_nested(rest);
    return *rest->at == '"' ? take_string(rest, ret) : take_word(rest, ret);
}

/* A server that repeats the token is not quoted. */
static void keep(struct buf *to, struct span value, struct span token)
{
    struct span front = { value.at, value.len < SHOWN_MAX ? value.len : SHOWN_MAX };
    buf_clear(to);
    if (!token.len || !memmem(value.at, value.len, token.at, token.len))
        utf8_add_printable(to, front, " ");
}

void refusal_read(struct refusal *r, struct span challenge, struct span token)
{
    struct span rest = challenge;
    if (!skip_octet(&rest, '{'))
        return;
    do {
        BUF name = { 0 };
        BUF value = { 0 };
        if (!take_string(&rest, &name) || !skip_octet(&rest, ':') || !take_value(&rest, &value))
            return;
        if (span_is(buf_span(&name), "status"))
            keep(&r->status, buf_span(&value), token);
        if (span_is(buf_span(&name), "scope"))
            keep(&r->scope, buf_span(&value), token);
    } while (skip_octet(&rest, ','));
}

static bool is_scope_missing(struct span status)
{
    return span_is(status, "400") || span_is(status, "403") ||
           span_is(status, "insufficient_scope") || span_is(status, "invalid_scope");
}

/* The reply's own words stay in front. */
static void add_words(const struct refusal *r, struct err *e)
{
    BUF text = { 0 };
    buf_addf(&text, "%s (status %s", e->text, r->status.len ? buf_string(&r->status) : "unknown");
    if (r->scope.len)
        buf_addf(&text, ", scope %s", buf_string(&r->scope));
    buf_add_char(&text, ')');
    free(e->text);
    e->text = buf_take(&text);
}

void refusal_explain(const struct refusal *r, struct err *e)
{
    if (!r->status.len && !r->scope.len)
        return;
    add_words(r, e);
    if (is_scope_missing(buf_span(&r->status)))
        err_hint(e, "the token is not for sending mail: sign in again, and ask for %s",
                 r->scope.len ? buf_string(&r->scope) : "that scope");
    else
        err_hint(e, "the token has run out or was revoked; what oauth_token_command runs must "
                    "get a new one, perhaps by a new sign-in");
}
