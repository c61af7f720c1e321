#include "mail/content.h"

#include "base/utf8.h"
#include "mail/encode.h"
#include "mail/fold.h"

#include <string.h>

enum { PIECE = 64 * 1024 };

/* ---- fields ---- */

/* The first word of a structured value: up to a parameter, a comment or a blank. */
static struct span first_word(struct arena *a, const struct field *field)
{
    const char *value = header_value(a, field);
    return (struct span){ value, strcspn(value, ";( \t") };
}

static bool type_is_text(struct arena *a, const struct header *h)
{
    const struct field *type = header_find(h, "Content-Type", 0);
    if (!type)
        return true;
    struct span word = first_word(a, type);
    return span_istarts(word, "text/") || span_iis(word, "text");
}

static bool encoding_is_none(struct arena *a, const struct header *h)
{
    const struct field *encoding = header_find(h, "Content-Transfer-Encoding", 0);
    if (!encoding)
        return true;
    struct span word = first_word(a, encoding);
    return span_iis(word, "7bit") || span_iis(word, "8bit");
}

static bool is_there_twice(const struct header *h, const char *name)
{
    const struct field *first = header_find(h, name, 0);
    return first && header_find(h, name, (size_t)(first - h->fields) + 1);
}

bool content_is_text(const struct header *h)
{
    ARENA a = { 0 };
    return type_is_text(&a, h) && encoding_is_none(&a, h) && !is_there_twice(h, "Content-Type") &&
           !is_there_twice(h, "Content-Transfer-Encoding");
}

/* ---- charset ---- */

/* Octets of `text` without a character that begins at its end and may go on behind it. */
static size_t whole_characters(struct span text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        unsigned char octet = (unsigned char)text.at[text.len - back];
        if (octet >= 0xc0)
            return utf8_next(span_from(text, text.len - back), NULL) ? text.len : text.len - back;
    }
    return text.len;
}

/* Text that is looked at piece by piece; `rest` is the begun character. */
struct charset {
    bool eight_bit;
    bool invalid;
    struct buf rest;
};

static void charset_feed(struct charset *c, struct span piece)
{
    if (!c->rest.len && !utf8_has_8bit(piece))
        return;
    c->eight_bit = true;
    buf_add_span(&c->rest, piece);
    struct span text = buf_span(&c->rest);
    text.len = whole_characters(text);
    c->invalid |= !utf8_is_valid(text);
    buf_drop(&c->rest, text.len);
}

static const char *charset_name(const struct charset *c)
{
    if (!c->eight_bit)
        return "us-ascii";
    return c->invalid || c->rest.len ? "unknown-8bit" : "utf-8";
}

static void charset_done(struct charset *c)
{
    buf_done(&c->rest);
}

int content_charset(const struct body *b, const char **ret, struct err *e)
{
    CLEANUP(charset_done) struct charset c = { 0 };
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    uint64_t at = 0;
    int more;
    while (!c.invalid && (more = body_next(b, at, PIECE, &piece, e)) != 0) {
        if (more < 0)
            return -1;
        charset_feed(&c, piece.octets);
        at += piece.octets.len;
    }
    *ret = charset_name(&c);
    return 0;
}

/* ---- declaring ---- */

static int declare_type(struct arena *a, struct header *h, const struct body *b, struct err *e)
{
    const char *charset;
    if (content_charset(b, &charset, e) < 0)
        return -1;
    char *raw = arena_printf(a, "Content-Type: text/plain; charset=%s\r\n", charset);
    header_append(a, h, span_of(raw));
    return 0;
}

int content_declare_qp(struct arena *a, struct header *h, const struct body *b, struct err *e)
{
    if (!header_has(h, "MIME-Version"))
        header_append(a, h, SPAN("MIME-Version: 1.0\r\n"));
    if (!header_has(h, "Content-Type") && declare_type(a, h, b, e) < 0)
        return -1;
    struct span encoding = SPAN("Content-Transfer-Encoding: quoted-printable\r\n");
    const struct field *old = header_find(h, "Content-Transfer-Encoding", 0);
    if (old)
        header_replace(h, (size_t)(old - h->fields), encoding);
    else
        header_append(a, h, encoding);
    return 0;
}

/* ---- bodies written anew ---- */

int content_encode(const struct body *from, struct body *to, struct err *e)
{
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    BUF out = { 0 };
    struct qp q = { 0 };
    uint64_t at = 0;
    int more;
    while ((more = body_next(from, at, PIECE, &piece, e)) > 0) {
        buf_clear(&out);
        qp_feed(&q, piece.octets, &out);
        if (body_add(to, buf_span(&out), e) < 0)
            return -1;
        at += piece.octets.len;
    }
    if (more < 0)
        return -1;
    buf_clear(&out);
    qp_finish(&q, &out);
    return body_add(to, buf_span(&out), e);
}

/* Puts out what is sure of the line at hand: all of it at its end, else what is too long. */
static void divide_line(struct buf *line, struct buf *out)
{
    while (line->len > HEADER_LINE_MAX + 2) {
        size_t len = fold_cut(buf_span(line), HEADER_LINE_MAX);
        buf_add(out, line->at, len);
        buf_add_string(out, "\r\n");
        buf_drop(line, len);
    }
    if (line->len && line->at[line->len - 1] == '\n') {
        buf_add_span(out, buf_span(line));
        buf_clear(line);
    }
}

static void divide_feed(struct buf *line, struct span in, struct buf *out)
{
    while (in.len) {
        const char *end = memchr(in.at, '\n', in.len);
        size_t len = end ? (size_t)(end - in.at) + 1 : in.len;
        if (len > HEADER_LINE_MAX)
            len = HEADER_LINE_MAX; /* so that `line` stays short */
        buf_add(line, in.at, len);
        divide_line(line, out);
        in = span_from(in, len);
    }
}

int content_divide(const struct body *from, struct body *to, struct err *e)
{
    CLEANUP(body_piece_done) struct body_piece piece = { 0 };
    BUF out = { 0 };
    BUF line = { 0 };
    uint64_t at = 0;
    int more;
    while ((more = body_next(from, at, PIECE, &piece, e)) > 0) {
        buf_clear(&out);
        divide_feed(&line, piece.octets, &out);
        if (body_add(to, buf_span(&out), e) < 0)
            return -1;
        at += piece.octets.len;
    }
    return more < 0 ? -1 : body_add(to, buf_span(&line), e);
}
