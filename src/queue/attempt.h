/* One message in a worker's hands: from its file to the server and back.
 *
 *   attempt_begin    opens and checks it: what is not to be sent is over already
 *   attempt_send     sends it, alone on the carrier's connection; or queue/flight.h does; or
 *   attempt_put_back
 *   attempt_settle   writes down what became of it
 *   attempt_done     closes it */
#ifndef QUEUE_ATTEMPT_H
#define QUEUE_ATTEMPT_H

#include "queue/carrier.h"
#include "queue/item.h"

struct attempt { /* stays where it is */
    struct carrier *carrier;
    struct item item;
    struct stored stored;
    struct envelope envelope; /* those that are left to do */
    size_t *indexes;          /* which of the entry's recipients they are */
    struct delivery delivery; /* to those */
    struct verdict *verdicts; /* of all the entry's recipients; their contents are borrowed */
    bool marked;              /* the "sending" mark may stand in the file */
    int64_t now;
    struct worker_report report; /* once it is over */
};

/* True if it is to be sent; else it is over. */
bool attempt_begin(struct attempt *a, struct carrier *c, const struct worker_job *job);
void attempt_send(struct attempt *a);
/* Not sent after all: it waits as it was, where it was. */
void attempt_put_back(struct attempt *a);
void attempt_settle(struct attempt *a);
void attempt_done(struct attempt *a);

/* What a carrier takes of it. */
struct cargo attempt_cargo(const struct attempt *a);

/* What cannot be opened: a bad file is set aside, another version's is left alone, and what cannot
 * be read waits, both in defer/. Told in any case. True if it is still in the queue. */
bool attempt_misfit(const struct notice *n, const struct spool *s, const struct worker_job *job,
                    const struct err *why);

#endif
