/* A connection to an account's smarthost, ready for MAIL: secret, hosts in order, TLS, login. */
#ifndef QUEUE_CONNECTION_H
#define QUEUE_CONNECTION_H

#include "config/account.h"
#include "queue/delivery.h"

/* What it is made with; all borrowed. */
struct connection_setup {
    const struct account *account;
    const char *host; /* this host's name */
    struct stream_trace trace;
};

struct connection { /* stays where it is: it points into itself */
    struct arena arena;
    struct buf password;
    struct target target;
    struct client client;
    bool open;
};

/* Tries the account's hosts in order until one opens a session; only what another host may do
 * better (lookup, connection, greeting) moves on to it. 0, or -1 with d->session and all pending
 * verdicts failed. Either way `d` has the facts. */
int connection_open(struct connection *c, const struct connection_setup *setup,
                    struct deadline deadline, struct delivery *d) MUST_USE;

/* QUIT if it makes sense; nothing for one that is not open. */
void connection_close(struct connection *c);

#endif
