/* Fingerprints held against certificates. */
#ifndef NET_PIN_H
#define NET_PIN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/fingerprint.h"
#include "net/gnutls.h"

struct pins {
    struct pin *items;
    size_t n;
};

/* Reads them all; `key` is the option's name for the message. ERR_CONFIG. */
int pins_parse(struct arena *a, const char *key, const struct strlist *texts, enum pin_of plain,
               struct pins *ret, struct err *e) MUST_USE;

/* Is one of them this certificate's? */
bool pins_match(const struct pins *pins, gnutls_x509_crt_t certificate);

/* "spki:HEX" of the certificate's key, for the user to paste. */
void pin_add_key(struct buf *to, gnutls_x509_crt_t certificate);

#endif
