/* The servers of a domain, as its DNS names them: RFC 6186 with the services of RFC 8314. */
#ifndef NET_SERVICE_H
#define NET_SERVICE_H

#include "base/clock.h"
#include "net/target.h"

enum { SERVICE_LIMIT = 8 }; /* servers tried of one domain */

struct targets {
    struct target *items;
    size_t n;
};

/* What a target stands for: itself, or if it is a service the servers to try, in this order. They
 * are asked for in a child, as names are: _submissions._tcp and _submission._tcp, or the one that
 * fits t->tls. A server that is not below the domain must have a certificate for the domain itself
 * (RFC 6186 section 6; the DNS is not to be believed), or what `tls_name` says.
 * -1: ERR_NOHOST (no such records), ERR_UNAVAILABLE (a record says that it is not offered),
 * ERR_LOOKUP, or as child_call. */
int service_find(struct arena *a, const struct target *t, struct deadline deadline,
                 struct targets *ret, struct err *e) MUST_USE;

/* Says in an ERR_CERTIFICATE why the name was not that of the server, and what to do. */
void service_explain(const struct target *t, struct err *e);

#endif
