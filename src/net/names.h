/* What a certificate says about itself, as text for people. Every octet of it is foreign: nothing
 * leaves here but printable UTF-8 of bounded length. */
#ifndef NET_NAMES_H
#define NET_NAMES_H

#include "base/buf.h"
#include "net/gnutls.h"

#include <time.h>

/* The host names and addresses in the alternative names (RFC 5280 section 4.2.1.6), ", " between
 * them, cut off after some. Nothing if there are none. */
void names_add(struct buf *to, gnutls_x509_crt_t certificate);

/* Is there a host name among them? */
bool names_has_host(gnutls_x509_crt_t certificate);

/* Distinguished names as RFC 4514 writes them. */
void names_add_subject(struct buf *to, gnutls_x509_crt_t certificate);
void names_add_issuer(struct buf *to, gnutls_x509_crt_t certificate);

/* "2026-11-22 03:30 UTC" */
void names_add_time(struct buf *to, time_t when);

#endif
