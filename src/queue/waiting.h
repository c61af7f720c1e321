/* Somebody who waits for the verdict on a message that he has just put into the queue, and who
 * tells whoever gave it to him: postbag serve. He hears the verdict from the message's own file:
 * the last replies and the marks are written before it is moved or removed.
 *
 *   waiting_commit (or waiting_open), waiting_for, then the marks and replies are there; the
 *   answers are given, then waiting_told; waiting_close
 *
 * While he waits his lock on the file (fcntl(2), F_OFD_SETLK, F_RDLCK on its first octet; nothing
 * to do with the flock(2) of whoever changes it) says so: a recipient that is refused then gets
 * MARK_REFUSED and no bounce. The lock dies with its process; what was refused and not told is
 * bounced by a runner.
 *
 * Above the code stands the table of what is told by whom. */
#ifndef QUEUE_WAITING_H
#define QUEUE_WAITING_H

#include "base/clock.h"
#include "queue/item.h"
#include "queue/waiter.h"

enum waiting_result {
    WAITING_DECIDED, /* every recipient has its verdict */
    WAITING_KEPT,    /* what is still to do waits: deferred, held, its account in trouble */
    WAITING_LATER,   /* the time is over, and something is still to do */
};

struct waiting {           /* zeroed: closed. Stays where it is while it is open */
    struct item item;      /* for show: not to be changed */
    int notify;            /* while the item is open: inotify on the file, -1 where there is none */
    bool awaits;           /* the lock is held */
    struct waiter *waiter; /* set by whoever may be asked to end his wait, or NULL */

    /* Of each recipient, as waiting_for has found them: what is to be told. */
    size_t n;
    char *marks;                /* enum mark; what is MARK_TODO is in the queue */
    struct last_reply *replies; /* zeroed: nobody has said anything */
};

/* spool_commit to new/ and waiting_open in one, so that nobody can send the message in between. 1;
 * 0 when a message of the entry's id is there already (or was, with a `nonce`, within the last
 * hour): then that one is waited for, if its uid and nonce are this entry's (else ERR_TEMPORARY);
 * -1 as spool_commit: nothing is kept. If it is kept but cannot be watched waiting_for says LATER
 * at once. */
int waiting_commit(const struct spool *s, struct entry *entry, const struct stored *stored,
                   struct waiting *ret, struct err *e) MUST_USE;

/* Opens the message wherever it is, in sent/ too. 1; 0 when there is none of that name; -1 with
 * ERR_TEMPORARY or ERR_DATA. */
int waiting_open(const struct spool *s, const struct queue_id *id, struct waiting *ret,
                 struct err *e) MUST_USE;

/* Waits until it is decided or kept, until the deadline, until a signal has come that is held or
 * deferred (base/sig.h), or until it is asked to wait no longer (queue/waiter.h), or in vain
 * (queue/outlook.h). Marks and replies are then as they are to be told: what comes after is no
 * longer this caller's business. May be called again. */
enum waiting_result waiting_for(struct waiting *w, struct deadline deadline);

/* Every answer is on its way to the client: those that were MARK_REFUSED are done with. Without it
 * (the client is gone) a runner bounces them. */
void waiting_told(struct waiting *w);

/* It is zeroed then; one that is closed stays closed. */
void waiting_close(struct waiting *w);

#endif
