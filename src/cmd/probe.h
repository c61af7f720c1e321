/* What else answers at a server, for the remedy: only `postbag test` asks. */
#ifndef CMD_PROBE_H
#define CMD_PROBE_H

#include "net/target.h"

/* The usual ports of submission but the target's own, the best first. */
enum { PROBE_PORTS = 4 };

/* Those that take a connection; at most a few seconds in all. Returns their number. */
size_t probe_ports(const struct target *target, const struct net_opts *net, int ret[PROBE_PORTS]);

/* Does TLS answer at the target, whatever its certificate? */
bool probe_tls(const struct target *target, const struct net_opts *net);

#endif
