/* Fingerprints of certificates and of public keys (RFC 7469 section 2.4 for the latter). */
#ifndef NET_PIN_H
#define NET_PIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <gnutls/x509.h>

enum pin_of { PIN_CERTIFICATE, PIN_KEY };

enum { PIN_SIZE = 32 }; /* SHA-256 */

struct pin {
    enum pin_of of;
    unsigned char digest[PIN_SIZE];
};

struct pins {
    struct pin *items;
    size_t n;
};

/* Reads "sha256:HEX" (of what `plain` says), "spki:HEX", "spki:BASE64" or "sha256//BASE64" (of the
 * key); HEX may have colons. `key` is the option's name for the message. ERR_CONFIG. */
int pins_parse(struct arena *a, const char *key, const struct strlist *texts, enum pin_of plain,
               struct pins *ret, struct err *e) MUST_USE;

/* Is one of them this certificate's? */
bool pins_match(const struct pins *pins, gnutls_x509_crt_t certificate);

/* "spki:HEX" of the certificate's key, for the user to paste. */
void pin_add_key(struct buf *to, gnutls_x509_crt_t certificate);

#endif
