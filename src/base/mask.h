/* Secrets that were said, so that nobody who repeats them is quoted. Zeroed is valid and empty. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include "base/buf.h"

enum { MASK_SHORTEST = 4 }; /* octets: what is shorter stands in any text */

struct mask {
    struct buf secrets; /* each behind its length */
};

void mask_done(struct mask *m); /* wipes */

/* Copies a secret; one that is shorter than MASK_SHORTEST is left out. */
void mask_add(struct mask *m, struct span secret);

/* Replaces every occurrence of every secret in `text` by "***". */
void mask_apply(const struct mask *m, struct buf *text);

#endif
