/* One message to one account's smarthost, now: secret, connect, TLS, login, transaction; a verdict
 * for each recipient, as data. */
#ifndef QUEUE_DELIVER_H
#define QUEUE_DELIVER_H

#include "config/account.h"
#include "mail/envelope.h"
#include "smtp/client.h"

/* What is delivered, and by whom; all borrowed. */
struct parcel {
    const struct account *account;
    const struct envelope *envelope;
    const struct stored *stored;
    const char *host; /* this host's name */
    struct stream_trace trace;
};

struct delivery {
    struct arena arena;
    struct verdict *verdicts; /* one for each recipient */
    size_t n;
    struct verdict session; /* why no transaction was begun; VERDICT_PENDING if one was */

    /* for the log, -vv and JSON; empty or zero as far as we did not get */
    const char *server; /* as configured: a name, an address, a path */
    int port;
    const char *address;
    const char *tls_version;
    const char *tls_cipher;
    const char *mech;
    int64_t secret_ms;
    struct client_times times;
    struct strlist notes;
};

void delivery_done(struct delivery *d);

/* Tries the account's hosts in order until one opens a session; only what another host may do
 * better (lookup, connection, greeting) moves on to it. Everything is within the account's one
 * deadline. Afterwards every verdict is decided. */
void deliver(const struct parcel *parcel, struct delivery *ret);

#endif
