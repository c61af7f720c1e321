/* Line ends: LF, CRLF and CR…CR LF end a line and become CRLF; any other CR becomes a space; NUL
 * is removed. Works on pieces of any size and gives the same result for any division. */
#ifndef MAIL_CANON_H
#define MAIL_CANON_H

#include "base/buf.h"

/* What was seen. `eight_bit` and `longest` speak of the output. */
struct traits {
    bool eight_bit;
    uint64_t lines;
    uint64_t longest;  /* octets of the longest line without its CRLF */
    uint64_t bare_crs; /* turned into spaces */
    uint64_t nuls;     /* removed */
};

/* Adds what was seen elsewhere. */
void traits_add(struct traits *to, const struct traits *more);

/* CRs in a row that may still belong to a line end; in a longer run the first ones are bare. */
enum { CANON_CRS = 1000 };

struct canon {
    size_t crs;    /* CRs seen and not yet decided on, at most CANON_CRS */
    uint64_t line; /* octets of the current line so far */
    struct traits traits;
};

/* Appends the canonical form of `in` to `out`: at most 2 * in.len + CANON_CRS octets. */
void canon_feed(struct canon *c, struct span in, struct buf *out);

/* End of input: decides on CRs held back and adds a missing last line end. Adds nothing to an
 * empty input. */
void canon_finish(struct canon *c, struct buf *out);

#endif
