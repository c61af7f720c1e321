/* Base64 (RFC 4648 section 4): padded, no line breaks. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* Octets of the encoding of `len` octets. */
size_t base64_length(size_t len);

/* Appends the encoding of `in`. Mark `to` secret when `in` is. */
void base64_encode(struct buf *to, struct span in);

/* Appends the decoded octets. 0, or -1 (nothing appended) for any octet outside the alphabet,
 * wrong padding, non-zero bits behind the end, or more than `to` may hold. */
int base64_decode(struct buf *to, struct span in) MUST_USE;

#endif
