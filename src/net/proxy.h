/* The way through a proxy. */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "base/clock.h"
#include "net/target.h"

enum proxy_kind { PROXY_SOCKS5, PROXY_HTTP };

struct proxy {
    enum proxy_kind kind;
    struct target at;
    const char *user; /* or NULL */
    const char *password;
};

/* "socks5://[user:password@]host[:port]" or "http://[user:password@]host:port", user and password
 * with "%XX" for special characters. The copies live in `a`. ERR_CONFIG: "what; what to write
 * instead", without any of the text, which may hold a password. */
int proxy_parse(struct arena *a, const char *text, struct proxy *ret, struct err *e) MUST_USE;

/* Asks the proxy at the other end of `fd` (connected, non-blocking) for a connection to `t`, whose
 * name it looks up. Not one octet of the server's is read. -1: as socks.h and tunnel.h say,
 * ERR_TIMEOUT, ERR_CLOSED, ERR_SYSTEM, ERR_TEMPORARY (stopped by a signal); the text begins with
 * "HOST port N through PROXY: ". */
int proxy_connect(int fd, const struct proxy *p, const struct target *t, struct deadline deadline,
                  struct err *e) MUST_USE;

#endif
