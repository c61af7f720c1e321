/* Dot-stuffing (RFC 5321 section 4.5.2) of canonical text: CRLF line ends, no other CR or LF. */
#ifndef SMTP_DOT_H
#define SMTP_DOT_H

#include "base/buf.h"

/* Zeroed is at the start of a line. */
struct dot {
    bool inside; /* within a line */
    bool owed;   /* a dot must go out before the rest of the piece */
};

/* Takes the next run of the stuffed text off the front of `piece`: a slice of it, or a dot that is
 * added. False when the piece is used up. So the text is never copied. */
bool dot_next(struct dot *d, struct span *piece, struct span *run);

/* The end of data that fits what went before: with a CRLF in front if the last line lacks one. */
struct span dot_end(const struct dot *d);

/* The reverse, for the server side. Zeroed is at the start. Takes from `in`, appends the text, says
 * in `used` how much was taken: 1 when the end of data was reached, 0 when more is needed. Only
 * CRLF "." CRLF ends the data, and only behind CRLF is a stuffed dot taken away; with `bare_lf` a
 * LF without CR ends a line for both purposes too. Line ends are passed on as they came. */
struct undot {
    enum { UNDOT_START, UNDOT_INSIDE, UNDOT_CR, UNDOT_DOT, UNDOT_DOT_CR } state;
    bool bare_lf;
};
int dot_decode(struct undot *d, struct span in, size_t *used, struct buf *out) MUST_USE;

#endif
