/* Connection attempts to several addresses at a time (RFC 8305 in small): the next one starts when
 * one has failed, or when none has answered for 250 ms while the others go on; whichever connects
 * first wins. */
#ifndef NET_RACE_H
#define NET_RACE_H

#include "net/resolve.h"

/* `addresses` has at least one. `source` (its port 0) is bound to unless NULL. A non-blocking,
 * close-on-exec socket with TCP_NODELAY, or -1: ERR_CONNECT when all have failed, ERR_TIMEOUT when
 * one had not answered; the text lists `host`, each address and its error. After a success `tried`
 * (or NULL) gets the same list of the addresses that did worse. */
int race_connect(const struct resolved *addresses, const struct sockaddr_storage *source,
                 const char *host, struct deadline deadline, struct buf *tried,
                 struct err *e) MUST_USE;

#endif
