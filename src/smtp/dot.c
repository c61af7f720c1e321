#include "smtp/dot.h"

#include <string.h>

/* The first dot that begins a line other than the first; the end if there is none. Large messages
 * are mostly without dots; behind one within a line, the rest of that line does not matter. */
static const char *find_dot(struct span text)
{
    const char *end = text.at + text.len;
    const char *dot = memchr(text.at, '.', text.len);
    while (dot && (dot == text.at || dot[-1] != '\n')) {
        const char *lf = memchr(dot, '\n', (size_t)(end - dot));
        dot = lf ? memchr(lf, '.', (size_t)(end - lf)) : NULL;
    }
    return dot ? dot : end;
}

bool dot_next(struct dot *d, struct span *piece, struct span *run)
{
    if (!piece->len)
        return false;
    if (!d->inside && !d->owed && *piece->at == '.') {
        d->owed = true;
        *run = SPAN(".");
        return true;
    }
    d->owed = false;
    size_t len = (size_t)(find_dot(*piece) - piece->at);
    *run = (struct span){ piece->at, len };
    d->inside = piece->at[len - 1] != '\n';
    *piece = span_from(*piece, len);
    return true;
}

struct span dot_end(const struct dot *d)
{
    return d->inside ? SPAN("\r\n.\r\n") : SPAN(".\r\n");
}

/* Where the text stands, and what comes next:
 *
 *            "."       CR        LF                         any other
 *   START    DOT       CR        INSIDE; bare_lf: START     INSIDE
 *   INSIDE   INSIDE    CR        INSIDE; bare_lf: START     INSIDE
 *   CR       INSIDE    CR        START                      INSIDE
 *   DOT      INSIDE    DOT_CR    INSIDE; bare_lf: the end   INSIDE
 *   DOT_CR   INSIDE    CR        the end                    INSIDE
 *
 * The dot that leads to DOT is taken away; the CR that leads to DOT_CR is held, and put out unless
 * the data end. */

/* How much of the text cannot matter: up to the next octet that may end a line. */
static size_t undot_run(const struct undot *d, struct span text)
{
    const char *lf = d->bare_lf ? memchr(text.at, '\n', text.len) : NULL;
    size_t len = lf ? (size_t)(lf - text.at) : text.len;
    const char *cr = memchr(text.at, '\r', len);
    return cr ? (size_t)(cr - text.at) : len;
}

/* One octet of text, or of a line end. */
static void undot_octet(struct undot *d, char c, struct buf *out)
{
    buf_add_char(out, c);
    if (c == '\n' && (d->bare_lf || d->state == UNDOT_CR))
        d->state = UNDOT_START;
    else
        d->state = c == '\r' ? UNDOT_CR : UNDOT_INSIDE;
}

/* True at the end of data. */
static bool undot_step(struct undot *d, char c, struct buf *out)
{
    if (d->state == UNDOT_START && c == '.') {
        d->state = UNDOT_DOT;
        return false;
    }
    if (d->state == UNDOT_DOT && c == '\r') {
        d->state = UNDOT_DOT_CR;
        return false;
    }
    if (c == '\n' && (d->state == UNDOT_DOT_CR || (d->state == UNDOT_DOT && d->bare_lf)))
        return true;
    if (d->state == UNDOT_DOT_CR) {
        buf_add_char(out, '\r');
        d->state = UNDOT_CR;
    }
    undot_octet(d, c, out);
    return false;
}

int dot_decode(struct undot *d, struct span in, size_t *used, struct buf *out)
{
    for (*used = 0; *used < in.len;) {
        struct span rest = span_from(in, *used);
        size_t run = d->state == UNDOT_INSIDE ? undot_run(d, rest) : 0;
        buf_add(out, rest.at, run);
        *used += run;
        if (run == rest.len)
            return 0;
        if (undot_step(d, in.at[(*used)++], out))
            return 1;
    }
    return 0;
}
