/* What a worker sends with: its route's account, how that stands, and one connection that is kept
 * from message to message.
 *
 *   - A connection that turns out to be closed, or a 421, before anything of the message was
 *     accepted is the server's way to say "enough for one connection": another one is opened,
 *     once, and it counts as nothing.
 *   - A new connection that fails, a 421 on it, and what else is the account's own matter
 *     (queue/standing.h) is trouble: noted and told once, and nothing more is tried.
 *   - Words of that kind in reply to MAIL (but for 421) or later may be about one message: they are
 *     trouble if the next message hears such words too, or if there is none. So no message stops
 *     all others.
 *   - A connection that is lost with a message under way is that message's failure; two in a row
 *     are trouble.
 *   - A server that cannot bear several messages at a time shows that by connections that are lost
 *     with them: after two such losses, with fewer than CARRIER_FAR messages between them, they go
 *     one behind the verdict of the other. */
#ifndef QUEUE_CARRIER_H
#define QUEUE_CARRIER_H

#include "queue/connection.h"
#include "queue/standing.h"
#include "queue/worker.h"

enum { CARRIER_FAR = 1000 };

struct carrier { /* stays where it is */
    const struct worker_setup *setup;
    struct config config;
    const struct account *account; /* NULL: the configuration has no such account */
    struct schedule schedule;
    struct standing standing;
    struct connection connection;
    struct tls_memory tls_memory;
    int64_t used_at;          /* clock_ms() */
    unsigned lost;            /* connections in a row, each with a message under way */
    bool in_trouble;          /* found so by this worker */
    bool proven;              /* the connection's last message was accepted */
    bool flying;              /* several messages may be on it (queue/flight.h) */
    bool leaving;             /* it is given up as soon as they have their verdicts */
    unsigned wrecks;          /* connections lost with several on them, */
    unsigned flown;           /* and the messages that had their verdicts since */
    struct verdict suspicion; /* pending: none; else what may be the account's trouble */
    char *suspected;          /* the server that said so, or NULL */
};

/* One message, or what is left of it. */
struct cargo {
    const struct envelope *envelope;
    const struct stored *stored;
    struct intent intent;
};

/* Reads the configuration; a failure is trouble. */
void carrier_init(struct carrier *c, const struct worker_setup *setup);
void carrier_done(struct carrier *c); /* QUIT */

/* After a rest: reads again how the account stands, which somebody else may have changed. */
void carrier_wake(struct carrier *c);

/* Takes one of the account's `rate`: 0, or since when (seconds since 1970) there will be another.
 */
int64_t carrier_pace(struct carrier *c);

/* Words for the account, but said of a sender, a recipient or a message? */
bool carrier_may_mean_message(const struct verdict *v);

/* Sends it; every verdict is decided afterwards, hints included. c->in_trouble says whether the
 * account is to blame for those that failed. `marked`: the intent stands in the message's file. */
void carrier_send(struct carrier *c, const struct cargo *cargo, struct delivery *ret, bool *marked);

/* For several at a time (queue/flight.h). */

/* May a message be sent before the last one has its verdict? The connection has taken one, and
 * nothing is wrong. */
bool carrier_may_fly(struct carrier *c);

/* The connection has failed: is this one to be sent again, alone, over another? Nothing of it is
 * there. */
bool carrier_is_worth_repeating(const struct delivery *d);

/* What its verdicts say of the account. */
void carrier_judge(struct carrier *c, const struct delivery *d);

/* All have their verdicts. */
void carrier_land(struct carrier *c);

#endif
