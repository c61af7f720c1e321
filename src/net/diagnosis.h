/* Why a certificate is not trusted, and what to do about it, in words. */
#ifndef NET_DIAGNOSIS_H
#define NET_DIAGNOSIS_H

#include "net/store.h"

/* `status` is GnuTLS's, not 0. Of several reasons the first is told of: revoked, name, dates,
 * unknown authority, strength, purpose, the rest. Fills an ERR_CERTIFICATE and returns -1. */
int diagnosis_explain(unsigned status, const char *host, const struct chain *chain, struct err *e);

/* The same for a certificate without a host in its alternative names. */
int diagnosis_nameless(gnutls_x509_crt_t leaf, struct err *e);

#endif
