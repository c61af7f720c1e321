/* Dot-stuffing (RFC 5321 section 4.5.2) of canonical text: CRLF line ends, no other CR or LF. */
#ifndef SMTP_DOT_H
#define SMTP_DOT_H

#include "base/buf.h"

struct dot {
    int matched; /* octets of "CRLF" seen at the end of what has passed; zeroed: line start */
    bool inside; /* zeroed: at the start of a line */
};

/* Appends the stuffed form of the next piece. */
void dot_encode(struct dot *d, struct span in, struct buf *out);

/* Appends the end of data, with a CRLF in front if the last line lacks one. */
void dot_finish(struct dot *d, struct buf *out);

/* The reverse, for the server: takes from `in`, appends the text, says in `used` how much was
 * taken. 1 when the end of data was reached, 0 when more is needed. */
struct undot {
    int state;
};
int dot_decode(struct undot *d, struct span in, size_t *used, struct buf *out) MUST_USE;

#endif
