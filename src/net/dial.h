/* From a target to a connected socket: name lookup in a bounded child, then the addresses (see
 * net/race.h), through the proxy if there is one (net/proxy.h), all within one deadline. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/buf.h"
#include "base/clock.h"
#include "net/resolve.h"
#include "net/target.h"

struct dial_times {
    int64_t lookup_ms;
    int64_t connect_ms; /* the proxy's part with it */
};

/* How it went, for -v and the log. Zeroed is empty; filled only after success. */
struct dialled {
    struct dial_times times;
    struct buf address; /* that was reached; through a proxy, the proxy's */
    struct buf tried;   /* addresses that did worse, and why; often none */
};

void dialled_done(struct dialled *d);

/* A non-blocking, close-on-exec socket with TCP_NODELAY, or -1: as resolve and race_connect;
 * ERR_CONFIG (opts->source_ip is no address, or of a family that the host has not; the path of a
 * Unix socket is too long; opts->proxy cannot be read); or as proxy_connect.
 * `ret` may be NULL. `t` is no service. */
int dial(const struct target *t, const struct net_opts *opts, struct deadline deadline,
         struct dialled *ret, struct err *e) MUST_USE;

#endif
