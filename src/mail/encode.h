/* MIME encodings: quoted-printable (RFC 2045 section 6.7) and encoded words (RFC 2047). */
#ifndef MAIL_ENCODE_H
#define MAIL_ENCODE_H

#include "base/buf.h"

struct qp {
    size_t column;
    char held[4]; /* octets that cannot be decided on yet: blanks, CR */
    size_t n_held;
};

/* Encodes canonical text (CRLF) in pieces; lines come out at most 76 octets long, CRLF stays a
 * line break, blanks before it are encoded. qp_finish ends a line that has no CRLF. */
void qp_feed(struct qp *q, struct span in, struct buf *out);
void qp_finish(struct qp *q, struct buf *out);

/* Appends `text` as RFC 2047 encoded words (UTF-8, Q or B whichever is shorter, each at most 75
 * octets, split between characters, joined by a space). Invalid UTF-8 is sent as charset
 * unknown-8bit. */
void encode_words(struct buf *to, struct span text);

#endif
