/* Percent-encoding (RFC 3986 section 2.1), as in URLs. */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/buf.h"

/* Appends `text` with each "%XX" made the octet that it stands for. -1 for a "%" without two
 * hexadecimal digits behind it; what stands before it has been appended. */
int percent_decode(struct span text, struct buf *to) MUST_USE;

#endif
