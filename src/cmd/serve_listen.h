/* Where the service listens: what systemd hands over (LISTEN_FDS), else what [serve] names. */
#ifndef CMD_SERVE_LISTEN_H
#define CMD_SERVE_LISTEN_H

#include "config/serve_opts.h"

#include "base/err.h"

#include <stddef.h>

enum { LISTENERS_MAX = 16 };

struct listener {
    int fd;
    bool lmtp; /* a Unix socket; else SMTP on loopback */
};

struct listeners {
    struct listener items[LISTENERS_MAX];
    size_t n;
    bool inherited; /* from systemd: not opened here */
};

/* Opens all. -1: ERR_CONFIG for what cannot be listened at, or is open to other machines;
 * ERR_PERMISSION, ERR_CREATE, ERR_SYSTEM. */
int serve_listen(const struct serve_opts *opts, struct listeners *ret, struct err *e) MUST_USE;

/* The name of the Unix socket stays: who finds it without a listener knows that the service is to
 * come back, who finds none that there is no service. */
void listeners_close(struct listeners *l);

#endif
