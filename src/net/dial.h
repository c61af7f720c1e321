/* From a target to a connected socket: name lookup in a bounded child, then the addresses (see
 * net/race.h), within one deadline. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/buf.h"
#include "base/clock.h"
#include "net/resolve.h"
#include "net/target.h"

struct dial_times {
    int64_t lookup_ms;
    int64_t connect_ms;
};

/* A non-blocking, close-on-exec socket with TCP_NODELAY, or -1: ERR_NOHOST (the name does not
 * exist), ERR_LOOKUP, ERR_CONNECT (the text lists each address and its error), ERR_TIMEOUT,
 * ERR_CONFIG (opts->source_ip is no address, or of a family that the host has not; the path of a
 * Unix socket is too long), ERR_SYSTEM. `times` and `address` (the address that was reached, for -v
 * and the log; appended) may be NULL, and are filled only after success. */
int dial(const struct target *t, const struct net_opts *opts, struct deadline deadline,
         struct dial_times *times, struct buf *address, struct err *e) MUST_USE;

#endif
