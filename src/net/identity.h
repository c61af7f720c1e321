/* Our own certificate and its key, which the server may ask for: files, or objects of a PKCS#11
 * token. Nothing of PKCS#11 is loaded unless an account has such a URI. */
#ifndef NET_IDENTITY_H
#define NET_IDENTITY_H

#include "base/buf.h"
#include "base/err.h"
#include "net/gnutls.h"
#include "net/opts.h"

/* Zeroed is valid. It must live as long as the credentials: a token may ask for the PIN with every
 * signature. */
struct identity {
    struct buf pin;
    bool refused; /* the token did not take it, or must not be asked */
};

void identity_done(struct identity *i);

/* Puts what tls_cert and tls_key name into the credentials; without tls_cert nothing. A token gets
 * a PIN only once: one that has been refused, now or in an earlier run, is not tried again, so that
 * no token is ever locked. -1: ERR_CONFIG. */
int identity_load(struct identity *i, const struct net_opts *opts,
                  gnutls_certificate_credentials_t credentials, struct err *e) MUST_USE;

/* Loads it as above, and says until when the certificate is valid, in seconds since the epoch. Only
 * with tls_cert. -1 as gnutls_open or as above. */
int identity_expires(const struct net_opts *opts, int64_t *ret, struct err *e) MUST_USE;

#endif
