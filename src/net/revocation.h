/* Certificates that their authorities have taken back: lists of revocations (RFC 5280 section 5)
 * that the user has fetched. */
#ifndef NET_REVOCATION_H
#define NET_REVOCATION_H

#include "net/store.h"

/* Gives `credentials` the lists of `file` (PEM), which are the user's own choice and believed
 * unsigned. -1: ERR_CONFIG (it cannot be read, or holds no list), ERR_CERTIFICATE when the list of
 * an authority of the chain is out of date: then it says nothing about today. */
int revocation_load(const char *file, const struct chain *chain,
                    gnutls_certificate_credentials_t credentials, struct err *e) MUST_USE;

#endif
