/* What follows from the verdicts of one message, in this order, so that a crash anywhere between is
 * at worst one delivery or one bounce too many:
 *
 *   1  the last replies, if they are of use; then the marks of what was delivered, and the next
 *      try: one write, synced. If somebody waits for the verdict what was refused is marked so in
 *      the same write, and that he tells of it (queue/waiting.h)
 *   2  the bounce for what has failed, and for what was refused to somebody who waits no more,
 *      committed; then the marks of that, synced. If the bounce cannot be committed nothing is
 *      marked, and the recipients are tried again
 *   3  nothing left to do: removed, or moved to failed/ if nobody was told or the bounce does not
 *      hold the whole message. While somebody has yet to tell, it waits in defer/, soon to be
 *      looked at again
 *   4  the outcome left open too often: moved to hold/
 *   5  a notice of the delay, once
 *   6  moved to defer/ */
#ifndef QUEUE_SETTLE_H
#define QUEUE_SETTLE_H

#include "queue/item.h"
#include "queue/standing.h"
#include "queue/worker.h"

struct settlement {
    const struct worker_setup *setup;
    const struct account *account; /* NULL: none, and so no bounces */
    const struct schedule *schedule;
    const struct standing *standing;
    struct item *item;
    const struct verdict *verdicts; /* of all its recipients; pending: nothing new */
    bool tried;                     /* counts as an attempt of this message */
    bool marked;                    /* the "sending" mark may stand in the file */
    bool awaited;                   /* found out by settle: somebody waits for the verdict */
    int64_t now;
};

/* WORKER_DONE, _DEFERRED or _HELD; WORKER_LATER when what became of the message cannot be recorded:
 * then nothing more may be sent. */
enum worker_result settle(const struct settlement *s);

#endif
