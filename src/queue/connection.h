/* A connection to an account's smarthost, ready for MAIL: secret, hosts in order, TLS, login. */
#ifndef QUEUE_CONNECTION_H
#define QUEUE_CONNECTION_H

#include "config/account.h"
#include "net/tls_memory.h"
#include "queue/delivery.h"

/* How long a message may take. */
struct allowance {
    struct deadline deadline; /* until its end of data has left */
    struct deadline end;      /* of all; zeroed: as long as the reply to the end of data may take */
};

/* `left_ms` of the account's `timeout` are left (or all of it), and `budget_ms` until the end of
 * data (0: no budget). The reply to that is bound only by a `timeout` that was asked for. */
struct allowance allowance_of(const struct account *account, int64_t left_ms, int64_t budget_ms);

/* What it is made with; all borrowed. */
struct connection_setup {
    const struct account *account;
    const char *host; /* this host's name */
    struct stream_trace trace;
    struct tls_memory *tls_memory; /* for whoever opens one after the other; or NULL */
};

struct connection { /* stays where it is: it points into itself */
    struct arena arena;
    struct buf password;
    struct target target;
    struct client client;
    bool open;
};

/* Tries the account's servers in order (see queue/hosts.h) until one opens a session; only what
 * another host may do better (lookup, connection, greeting) moves on to it. 0, or -1 with
 * d->session and all pending verdicts failed. Either way `d` has the facts. */
int connection_open(struct connection *c, const struct connection_setup *setup,
                    struct allowance allowance, struct delivery *d) MUST_USE;

/* For the next message over an open connection. */
void connection_allow(struct connection *c, struct allowance allowance);

/* QUIT if it makes sense; nothing for one that is not open. */
void connection_close(struct connection *c);

#endif
