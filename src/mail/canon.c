#include "mail/canon.h"

#include "base/utf8.h"

#include <string.h>

void traits_add(struct traits *to, const struct traits *more)
{
    to->eight_bit |= more->eight_bit;
    to->lines += more->lines;
    to->longest = more->longest > to->longest ? more->longest : to->longest;
    to->bare_crs += more->bare_crs;
    to->nuls += more->nuls;
}

/* Where the next octets of interest stand, or the end. Each is looked for again only once the work
 * has passed it, so that plain text is searched by memchr alone. */
struct marks {
    const char *lf;
    const char *cr;
    const char *nul;
};

static const char *find(const char *at, const char *end, int octet)
{
    const char *found = at < end ? memchr(at, octet, (size_t)(end - at)) : NULL;
    return found ? found : end;
}

static void marks_update(struct marks *m, const char *at, const char *end)
{
    if (m->lf < at)
        m->lf = find(at, end, '\n');
    if (m->cr < at)
        m->cr = find(at, end, '\r');
    if (m->nul < at)
        m->nul = find(at, end, '\0');
}

static const char *marks_first(const struct marks *m)
{
    const char *first = m->cr < m->nul ? m->cr : m->nul;
    return m->lf < first ? m->lf : first;
}

static void canon_text(struct canon *c, struct span text, struct buf *out)
{
    buf_add_span(out, text);
    c->line += text.len;
}

/* The CRs held back turned out to end no line. */
static void canon_release_crs(struct canon *c, struct buf *out)
{
    c->traits.bare_crs += c->crs;
    for (; c->crs; c->crs--)
        canon_text(c, SPAN(" "), out);
}

static void canon_cr(struct canon *c, struct buf *out)
{
    if (c->crs < CANON_CRS) {
        c->crs++;
    } else {
        canon_text(c, SPAN(" "), out);
        c->traits.bare_crs++;
    }
}

static void canon_count_line(struct canon *c)
{
    c->traits.lines++;
    if (c->line > c->traits.longest)
        c->traits.longest = c->line;
    c->line = 0;
    c->crs = 0;
}

static void canon_end_line(struct canon *c, struct buf *out)
{
    buf_add(out, "\r\n", 2);
    canon_count_line(c);
}

static void canon_mark(struct canon *c, char octet, struct buf *out)
{
    if (octet == '\n')
        canon_end_line(c, out);
    else if (octet == '\r')
        canon_cr(c, out);
    else
        c->traits.nuls++;
}

/* Lines with nothing odd in them, which is to say most. False if `out` has no room. */
static bool canon_plain(struct canon *c, struct span in, struct buf *out)
{
    char *to = buf_room(out, 2 * in.len);
    char *start = to;
    const char *end = in.at + in.len;
    if (!to)
        return false;
    for (const char *at = in.at; at < end; at++) {
        const char *stop = find(at, end, '\n');
        size_t n = (size_t)(stop - at);
        memcpy(to, at, n);
        to += n;
        at = stop;
        c->line += n;
        if (stop == end)
            break;
        *to++ = '\r';
        *to++ = '\n';
        canon_count_line(c);
    }
    buf_grew(out, (size_t)(to - start));
    return true;
}

void canon_feed(struct canon *c, struct span in, struct buf *out)
{
    if (!in.len)
        return;
    const char *at = in.at;
    const char *end = in.at + in.len;
    struct marks marks = { find(at, end, '\n'), find(at, end, '\r'), find(at, end, '\0') };
    c->traits.eight_bit = c->traits.eight_bit || utf8_has_8bit(in);
    if (marks.cr == end && marks.nul == end && !c->crs && canon_plain(c, in, out))
        return;
    while (at < end) {
        const char *stop = marks_first(&marks);
        if (stop > at) {
            canon_release_crs(c, out);
            canon_text(c, (struct span){ at, (size_t)(stop - at) }, out);
        }
        if (stop == end)
            return;
        canon_mark(c, *stop, out);
        at = stop + 1;
        marks_update(&marks, at, end);
    }
}

void canon_finish(struct canon *c, struct buf *out)
{
    canon_release_crs(c, out);
    if (c->line)
        canon_end_line(c, out);
}
