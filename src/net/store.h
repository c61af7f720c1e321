/* The certificates of authorities that we trust, as few of them as one chain needs.
 *
 * Making certificate objects of a whole system bundle takes ten times as long as the rest of a
 * handshake. GnuTLS finds an issuer by the octets of its name, so a certificate that does not even
 * contain a name of the chain can never be chosen, and is left out unread: the names are looked for
 * in the base64 text. */
#ifndef NET_STORE_H
#define NET_STORE_H

#include "base/err.h"
#include "net/gnutls.h"

/* What the server presented, its own certificate first. */
struct chain {
    gnutls_x509_crt_t *items;
    size_t n;
};

/* Gives `credentials` the trusted certificates from `file`, or from the system's bundle if it is
 * NULL. -1: ERR_CONFIG (the file cannot be read, or holds no certificate), ERR_SYSFILE (the system
 * has no bundle), ERR_INTERNAL. */
int store_load(const char *file, const struct chain *chain,
               gnutls_certificate_credentials_t credentials, struct err *e) MUST_USE;

#endif
