/* SOCKS version 5 (RFC 1928) with a user name and password (RFC 1929). Pure. */
#ifndef NET_SOCKS_H
#define NET_SOCKS_H

#include "base/buf.h"
#include "base/err.h"

enum socks_method { SOCKS_METHOD_NONE = 0, SOCKS_METHOD_PASSWORD = 2 };

enum { SOCKS_TEXT_MAX = 255 }; /* octets of a host name, a user name, a password */

/* What we send: the methods we can do; the login (each at most SOCKS_TEXT_MAX octets); the place to
 * connect to, an address if `host` is a literal, else a name that the proxy looks up. -1 with
 * ERR_CONFIG for a name that is too long, or an address with a zone. */
void socks_add_methods(struct buf *to, bool with_password);
void socks_add_login(struct buf *to, const char *user, const char *password);
int socks_add_request(struct buf *to, const char *host, int port, struct err *e) MUST_USE;

/* What comes back. Each is given what has come so far and returns how many octets it lacks, 0 when
 * it is whole, or -1: ERR_PROTOCOL (no SOCKS 5), ERR_AUTH, ERR_PERMISSION, ERR_CONNECT,
 * ERR_UNAVAILABLE. */
int socks_take_method(struct span reply, bool with_password, enum socks_method *ret,
                      struct err *e) MUST_USE;
int socks_take_login(struct span reply, struct err *e) MUST_USE;
int socks_take_reply(struct span reply, struct err *e) MUST_USE;

#endif
