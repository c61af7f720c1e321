/* Where to connect: one entry of the `host` key with its defaults filled in. */
#ifndef NET_TARGET_H
#define NET_TARGET_H

#include "base/err.h"
#include "net/opts.h"

struct target {
    const char *host; /* name or address literal without brackets; the path of a Unix socket */
    int port;
    bool has_port; /* the entry names it itself */
    bool is_path;
    bool is_literal;      /* an IPv4 or IPv6 address */
    bool is_service;      /* `host` is a domain whose DNS names the servers, see net/service.h */
    enum tls_mode tls;    /* never UNSET but for a service, where it is what it finds */
    const char *tls_name; /* what the certificate must be for in place of `host`, or NULL */
};

/* `text` is "name", "name:port", "[v6]", "[v6]:port", a bare IPv6 address, "srv:domain", or
 * "/path". The port is the entry's own, else opts->port, else 465, 587 or 25 by TLS mode; the TLS
 * mode opts->tls, else implicit without any port or for 465 and 2465, off for a path, starttls for
 * any other. A trailing dot of a name is dropped, an international name becomes A-labels in
 * `arena`. ERR_CONFIG. */
int target_parse(struct arena *a, const char *text, const struct net_opts *opts, struct target *ret,
                 struct err *e) MUST_USE;

/* An IPv4 or IPv6 address, the latter perhaps with a zone ("fe80::1%eth0")? */
bool target_is_address(const char *host);

/* Loopback address, "localhost", or a Unix socket: clear text does not leave the machine. */
bool target_is_local(const struct target *t);

#endif
