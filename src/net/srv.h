/* SRV records (RFC 2782): out of a name server's answer, and in the order to try them. Pure. */
#ifndef NET_SRV_H
#define NET_SRV_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

struct srv_record {
    uint16_t priority;
    uint16_t weight;
    uint16_t port;
    bool implicit;    /* of _submissions, not _submission (RFC 8314 section 5.1) */
    const char *host; /* lower case, no dot behind it; "" for ".": the service is not offered */
};

struct srv_records {
    struct srv_record *items;
    size_t n;
    size_t room;
};

/* Adds the SRV records of a DNS message (RFC 1035 section 4.1) to `ret`. Those without a port or
 * with a target that is no host name are left out, as are those beyond the first 64. 0, or -1 with
 * ERR_LOOKUP for a message that is malformed; records in front of the fault may have been added. */
int srv_parse(struct arena *a, struct span message, bool implicit, struct srv_records *ret,
              struct err *e) MUST_USE;

/* By priority, then those with implicit TLS first, then by chance as the weights say. `seed` is any
 * random number. */
void srv_sort(struct srv_records *records, uint64_t seed);

#endif
