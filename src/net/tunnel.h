/* A tunnel through an HTTP proxy: the CONNECT method (RFC 9110 section 9.3.6). Pure. */
#ifndef NET_TUNNEL_H
#define NET_TUNNEL_H

#include "base/buf.h"
#include "base/err.h"

enum { TUNNEL_REPLY_MAX = 16384 }; /* octets of the head of a reply */

/* Appends the request; `user` may be NULL, else it and `password` go as Basic (RFC 7617): then `to`
 * is a secret. */
void tunnel_add_request(struct buf *to, const char *host, int port, const char *user,
                        const char *password);

/* Is the head of a reply complete in `reply`, the octets that have come so far? Its length, 0 if
 * not, or -1 with ERR_PROTOCOL if it is none. What follows belongs to the server. */
int tunnel_head(struct span reply, struct err *e) MUST_USE;

/* Has the complete head said yes? -1: ERR_AUTH (407), ERR_PERMISSION (403), ERR_CONNECT (5xx),
 * ERR_UNAVAILABLE, with the proxy's own words. */
int tunnel_take_reply(struct span head, bool with_password, struct err *e) MUST_USE;

#endif
