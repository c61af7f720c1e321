/* The octets that go over the wire: a pure function of the stored form and the capabilities. */
#ifndef MAIL_WIRE_H
#define MAIL_WIRE_H

#include "mail/encode.h"
#include "mail/plan.h"

enum { WIRE_CHUNK = 64 * 1024 };

/* Reads the stored form front to back in pieces; with `downgrade` the body comes as quoted-
 * printable and the header says so (only if stored.qp_allowed). */
struct wire {
    const struct stored *stored;
    bool downgrade;
    uint64_t body_at; /* next octet of the body */
    bool header_sent;
    bool finished;     /* the encoder has given all */
    struct buf header; /* with the fields of the downgrade */
    struct body_piece body;
    struct qp qp;
    struct buf piece; /* encoded */
};

void wire_init(struct wire *w, const struct stored *stored, bool downgrade);
void wire_done(struct wire *w);

/* The next piece (borrowed until the next call): 1, 0 at the end, -1 as body_next. A body in
 * memory that goes out as it is comes straight from there. */
int wire_next(struct wire *w, struct span *ret, struct err *e) MUST_USE;

/* Octets that wire_next would give, -1 as it: what SIZE says. Reads the body if `downgrade`. */
int wire_size(const struct stored *stored, bool downgrade, uint64_t *ret, struct err *e) MUST_USE;

#endif
