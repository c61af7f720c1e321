/* A PKCS#11 URI (RFC 7512) apart: the object that it names, and the PIN, which is a secret. */
#ifndef NET_PKCS11_H
#define NET_PKCS11_H

#include "base/buf.h"
#include "base/err.h"

bool pkcs11_is_uri(const char *text);

/* Appends the URI without its PIN, good for messages, and with `type` ("cert", "private") in place
 * of what it says of the type. */
void pkcs11_add_object(struct buf *to, const char *uri, const char *type);

/* Appends the PIN that the URI gives, by pin-value or in the file that pin-source names; nothing if
 * it gives none. `to` is a secret from now on. `key` is for the message. -1: ERR_CONFIG. */
int pkcs11_pin(const char *key, const char *uri, struct buf *to, struct err *e) MUST_USE;

#endif
