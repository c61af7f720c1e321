/* Is the server who it should be?
 *
 * tls_fingerprint, if given, stands in place of chain and name; else the chain must lead to a
 * trusted authority, be in date, be meant for servers and of sufficient strength, and the
 * certificate must have the host among its alternative names (the old common name does not count).
 * tls_pin is demanded on top of either, and even with tls_verify = insecure. */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include "net/opts.h"
#include "net/pin.h"
#include "net/store.h"

struct trust {
    const struct net_opts *opts;
    const char *name; /* the host to verify */
    bool is_literal;
    struct pins pins;
    struct pins fingerprints;
    struct arena arena;
    gnutls_x509_crt_t leaf; /* the server's own certificate, NULL before trust_check */
    bool checked;           /* trust_check said yes */
    bool verified;          /* and not only because of tls_verify = insecure */
};

/* The name is `host` (an address if `is_literal`), or opts->tls_name in its place; a trailing dot
 * or a zone is dropped. `opts` is borrowed until trust_done. ERR_CONFIG for malformed fingerprints.
 */
int trust_init(struct trust *t, const struct net_opts *opts, const char *host, bool is_literal,
               struct err *e) MUST_USE;
void trust_done(struct trust *t);

/* To be called when the certificates have come, before anything secret is sent. The trusted
 * authorities are loaded now, not before. -1: ERR_CERTIFICATE with the reason and the remedy,
 * ERR_CONFIG, ERR_SYSFILE. */
int trust_check(struct trust *t, gnutls_session_t session,
                gnutls_certificate_credentials_t credentials, struct err *e) MUST_USE;

#endif
