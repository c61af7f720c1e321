#include "mail/encode.h"

#include "base/base64.h"
#include "base/utf8.h"

#include <string.h>

enum {
    QP_LINE = 75,     /* and the "=" of a soft line break */
    WORD_LENGTH = 75, /* RFC 2047 section 2 */
    WORD_FRAME = 7,   /* "=?", "?Q?", "?=" */
};

static const char hex[] = "0123456789ABCDEF";

/* Stands for itself wherever it stands in a line. */
static bool qp_is_literal(char c)
{
    return c > 32 && c < 127 && c != '=';
}

static void qp_add_token(struct qp *q, struct span token, struct buf *out)
{
    if (q->column + token.len > QP_LINE) {
        buf_add(out, "=\r\n", 3);
        q->column = 0;
    }
    buf_add_span(out, token);
    q->column += token.len;
}

static void qp_add_encoded(struct qp *q, char octet, struct buf *out)
{
    char token[3] = { '=', hex[(octet >> 4) & 15], hex[octet & 15] };
    qp_add_token(q, (struct span){ token, sizeof token }, out);
}

/* Octets that stand for themselves, as many at once as fit on the line. */
static void qp_add_literals(struct qp *q, struct span run, struct buf *out)
{
    while (run.len) {
        size_t room = q->column < QP_LINE ? QP_LINE - q->column : QP_LINE;
        size_t n = run.len < room ? run.len : room;
        qp_add_token(q, (struct span){ run.at, n }, out);
        run = span_from(run, n);
    }
}

/* The octets held back turned out to stand within a line. */
static void qp_release(struct qp *q, struct buf *out)
{
    for (size_t i = 0; i < q->n_held; i++)
        if (q->held[i] == '\r')
            qp_add_encoded(q, '\r', out);
        else
            qp_add_literals(q, (struct span){ &q->held[i], 1 }, out);
    q->n_held = 0;
}

static void qp_end_line(struct qp *q, struct buf *out)
{
    if (q->n_held && ascii_is_blank(q->held[0]))
        qp_add_encoded(q, q->held[0], out);
    buf_add(out, "\r\n", 2);
    q->column = 0;
    q->n_held = 0;
}

/* Held is nothing, a blank, a CR, or a blank and a CR: what may turn out to end a line. */
static void qp_octet(struct qp *q, char octet, struct buf *out)
{
    bool after_cr = q->n_held && q->held[q->n_held - 1] == '\r';
    if (octet == '\n' && after_cr) {
        qp_end_line(q, out);
        return;
    }
    if (octet != '\r' || after_cr)
        qp_release(q, out);
    if (octet == '\r' || ascii_is_blank(octet))
        q->held[q->n_held++] = octet;
    else
        qp_add_encoded(q, octet, out);
}

/* The run of literals at the front, with the blanks that are sure to stand within a line. */
static size_t literal_length(struct span in)
{
    size_t n = 0;
    while (n < in.len && qp_is_literal(in.at[n])) {
        n++;
        if (n + 1 < in.len && ascii_is_blank(in.at[n]) && qp_is_literal(in.at[n + 1]))
            n++;
    }
    return n;
}

void qp_feed(struct qp *q, struct span in, struct buf *out)
{
    while (in.len) {
        size_t n = literal_length(in);
        if (n) {
            qp_release(q, out);
            qp_add_literals(q, (struct span){ in.at, n }, out);
        } else {
            qp_octet(q, in.at[n++], out);
        }
        in = span_from(in, n);
    }
}

void qp_finish(struct qp *q, struct buf *out)
{
    if (!q->n_held && !q->column)
        return;
    if (q->n_held && q->held[q->n_held - 1] == '\r')
        qp_release(q, out);
    qp_end_line(q, out);
}

/* One way of writing encoded words. */
struct wording {
    const char *charset;
    char encoding; /* 'Q' or 'B' */
};

/* What may stand unencoded in a word anywhere in a header (RFC 2047 section 5, rule 3). */
static bool q_is_literal(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("!*+-/", c));
}

static size_t q_length(struct span text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        len += q_is_literal(text.at[i]) || text.at[i] == ' ' ? 1 : 3;
    return len;
}

static size_t word_length(const struct wording *as, struct span text)
{
    return as->encoding == 'Q' ? q_length(text) : base64_length(text.len);
}

static void q_encode(struct buf *to, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ' ')
            buf_add_char(to, '_');
        else if (q_is_literal(c))
            buf_add_char(to, c);
        else
            buf_addf(to, "=%c%c", hex[(c >> 4) & 15], hex[c & 15]);
    }
}

/* As many whole characters as fit into one word. */
static struct span word_take(const struct wording *as, struct span text)
{
    size_t room = WORD_LENGTH - WORD_FRAME - strlen(as->charset);
    size_t len = 0;
    while (len < text.len) {
        size_t more = utf8_next(span_from(text, len), NULL);
        more = len + (more ? more : 1);
        if (word_length(as, (struct span){ text.at, more }) > room)
            break;
        len = more;
    }
    return (struct span){ text.at, len };
}

static void word_add(struct buf *to, const struct wording *as, struct span text)
{
    buf_addf(to, "=?%s?%c?", as->charset, as->encoding);
    if (as->encoding == 'Q')
        q_encode(to, text);
    else
        base64_encode(to, text);
    buf_add_string(to, "?=");
}

void encode_words(struct buf *to, struct span text)
{
    struct wording as = {
        .charset = utf8_is_valid(text) ? "utf-8" : "unknown-8bit",
        .encoding = q_length(text) <= base64_length(text.len) ? 'Q' : 'B',
    };
    while (text.len) {
        struct span word = word_take(&as, text);
        word_add(to, &as, word);
        text = span_from(text, word.len);
        if (text.len)
            buf_add_char(to, ' ');
    }
}
