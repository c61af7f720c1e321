/* The way to the server, as `postbag test` walks it: target, name, addresses, TCP, TLS,
 * certificate, greeting, EHLO. Each step is shown as it happens. */
#ifndef CMD_WAY_H
#define CMD_WAY_H

#include "cmd/steps.h"
#include "cmd/submission.h"
#include "cmd/trace.h"
#include "net/resolve.h"
#include "smtp/client.h"

/* A test under way. */
struct test {
    struct submission s;
    struct steps steps;
    struct trace trace;
    struct account account;   /* the one under test, with shorter limits */
    struct deadline deadline; /* of all */
    struct buf password;
    struct target target;
    struct resolved addresses;
    struct client client;
    struct verdict *verdicts; /* on the test mail; NULL before it is sent */
    size_t queued;            /* of them, by the service */
    enum stage stage;         /* where we are, or where it failed */
    bool clock_behind;
};

/* Target and name lookup. */
int way_find(struct test *t, struct err *e) MUST_USE;

/* From TCP to the second EHLO, with the client that has been set up. */
int way_open(struct test *t, struct err *e) MUST_USE;

/* A time limit in milliseconds is at most `limit`; 0 stands for none. */
void way_shorten(int64_t *ms, int64_t limit);

#endif
