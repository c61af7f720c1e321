/* The fingerprint of a certificate or of a public key (RFC 7469 section 2.4 for the latter), as
 * people write it. Pure. */
#ifndef NET_FINGERPRINT_H
#define NET_FINGERPRINT_H

#include "base/mem.h"
#include "base/span.h"

enum pin_of { PIN_CERTIFICATE, PIN_KEY };

enum { PIN_SIZE = 32 }; /* SHA-256 */

struct pin {
    enum pin_of of;
    unsigned char digest[PIN_SIZE];
};

/* Reads "sha256:HEX" (of what `plain` says), "spki:HEX", "spki:BASE64" or "sha256//BASE64" (of the
 * key); HEX may have colons. 0, or -1 for anything else. */
int fingerprint_parse(struct span text, enum pin_of plain, struct pin *ret) MUST_USE;

#endif
