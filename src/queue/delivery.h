/* What became of one message: a verdict for each recipient, and the facts for the log. */
#ifndef QUEUE_DELIVERY_H
#define QUEUE_DELIVERY_H

#include "smtp/client.h"

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
    bool reused; /* an earlier message has opened the connection */
    int64_t secret_ms;
    struct client_times times;
    struct strlist notes;
};

void delivery_done(struct delivery *d);

/* Makes room for the verdicts of `n` recipients, the new ones pending. */
void delivery_grow(struct delivery *d, size_t n);

/* No transaction was begun: every recipient without verdict shares the reason. */
void delivery_fail(struct delivery *d, enum stage stage, const struct err *err);

/* Notes the facts of a connection, however far it got. */
void delivery_note(struct delivery *d, const struct client *c);

/* Adds hints: what the server's words are known to mean. */
void delivery_explain(struct delivery *d);

#endif
