/* How an account stands with its smarthost: what failed for the account as a whole is noted once,
 * here, and not with each of its messages. A small file in accounts/, one for each route, replaced
 * by rename, not synced: losing it only means an earlier attempt.
 *
 * Trouble of the account: no address, no connection, TLS, greeting, EHLO, login, 421, and what
 * smtp/hint.h knows as a matter of the account, its quota or this network. A route in trouble is
 * tried again by the retry schedule, with one connection, whatever number of messages wait.
 * `permanent` trouble (login refused, certificate, configuration, quota by 5yz) never makes a
 * message fail: somebody must mend the account; trouble that may pass lets messages expire. */
#ifndef QUEUE_STANDING_H
#define QUEUE_STANDING_H

#include "queue/bucket.h"
#include "queue/entry.h"
#include "queue/schedule.h"
#include "queue/spool.h"
#include "smtp/verdict.h"

struct standing {      /* zeroed: nothing is known against it */
    unsigned failures; /* in a row */
    int64_t since_s;   /* of the first of them */
    int64_t last_s;
    int64_t next_s;
    int64_t tried_s; /* as in queue/schedule.h, since the first failure */
    bool permanent;
    enum stage stage;
    char *text; /* what went wrong, NULL if nothing did */
    char *hint; /* or NULL */

    struct bucket bucket; /* of `rate` */
};

void standing_done(struct standing *s);

/* Is this failure the account's, not the message's or the recipient's? `stage` is where. A
 * connection that is lost within a transaction is the message's. */
bool standing_concerns(enum stage stage, const struct err *err);

/* Reads and writes a route's file; nothing known if it is missing or makes no sense. */
void standing_load(const struct spool *spool, const struct route *route, struct standing *ret);
void standing_save(const struct spool *spool, const struct route *route, const struct standing *s);

/* Notes a failure; counts one more and sets the next attempt. */
void standing_fail(struct standing *s, const struct schedule *schedule, const struct verdict *why,
                   int64_t now, uint32_t random);

/* A connection worked: the trouble is over; the bucket stays. */
void standing_clear(struct standing *s);

/* What was wrong may have been mended: every account in trouble may be tried at once. */
void standing_hasten(const struct spool *spool);

/* Every route that has a file, by account, for `check` and `list`. -1 with ERR_TEMPORARY. */
struct standing_list {
    struct arena arena;
    struct standing_item {
        struct route route;
        struct standing standing;
    } * items;
    size_t n, room;
};
int standing_scan(const struct spool *spool, struct standing_list *ret, struct err *e) MUST_USE;
void standing_list_done(struct standing_list *l);

#endif
