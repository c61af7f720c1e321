/* Name lookup that can be bounded: getaddrinfo runs in a child, unless the answer is at hand. */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/opts.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct resolved {
    struct sockaddr_storage *items;
    size_t n;
};

/* All addresses of `host` in the system's order. An address literal, or a name of which
 * net/hosts_file.h knows all, needs no child. -1: ERR_NOHOST (also when there is none of this
 * family), ERR_LOOKUP, or as child_call. */
int resolve(struct arena *a, const char *host, int port, enum ip_family family,
            struct deadline deadline, struct resolved *ret, struct err *e) MUST_USE;

/* Appends "192.0.2.1" or "2001:db8::1" without the port. */
void resolve_add_text(struct buf *to, const struct sockaddr_storage *address);

#endif
