#include "smtp/dot.h"

#include <string.h>

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
    const char *end = memmem(piece->at, piece->len, "\n.", 2);
    size_t len = end ? (size_t)(end - piece->at) + 1 : piece->len;
    *run = (struct span){ piece->at, len };
    d->inside = piece->at[len - 1] != '\n';
    *piece = span_from(*piece, len);
    return true;
}

struct span dot_end(const struct dot *d)
{
    return d->inside ? SPAN("\r\n.\r\n") : SPAN(".\r\n");
}

/* A line that begins with a dot has its dot held back until the octet behind it is known. */
int dot_decode(struct undot *d, struct span in, size_t *used, struct buf *out)
{
    for (*used = 0; *used < in.len;) {
        char c = in.at[(*used)++];
        bool at_start = d->state == 0 || d->state == UNDOT_START;
        if (at_start && c == '.') {
            d->state = UNDOT_DOT;
            continue;
        }
        if (d->state == UNDOT_DOT && c == '\r') {
            d->state = UNDOT_DOT_CR;
            continue;
        }
        if (d->state == UNDOT_DOT_CR) {
            if (c == '\n')
                return 1;
            buf_add_char(out, '\r');
            d->state = UNDOT_CR;
        }
        buf_add_char(out, c);
        if (c == '\n' && d->state == UNDOT_CR)
            d->state = UNDOT_START;
        else
            d->state = c == '\r' ? UNDOT_CR : UNDOT_INSIDE;
    }
    return 0;
}
