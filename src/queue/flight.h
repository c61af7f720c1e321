/* A worker's messages that are on the wire at the same time, oldest first (smtp/pipeline.h).
 *
 * The first message of a connection goes alone, and so does the next one after anything that was
 * not as it should be, and one that may have been delivered already: a server that hangs up again
 * and again cannot keep it from its verdict. A connection that fails leaves at most those open
 * whose end of data had left; the others are sent again, one at a time, over a new one. */
#ifndef QUEUE_FLIGHT_H
#define QUEUE_FLIGHT_H

#include "queue/attempt.h"
#include "smtp/pipeline.h"

struct sortie {
    struct attempt attempt;
    struct transfer transfer;
    struct sortie *behind;
};

struct flight { /* stays where it is */
    struct carrier *carrier;
    struct pipeline pipeline;
    size_t most;                     /* messages, by the descriptors that they need */
    struct sortie *first, *last;     /* on the wire */
    struct sortie *again, *again_to; /* to be sent once more, alone */
    bool landed;                     /* since one was added */
    bool grounded;                   /* by the owner: nothing more is sent */
};

void flight_init(struct flight *f, struct carrier *c);

/* A message that has just begun is taken over: sent at once, if it may be sent now, and true. */
bool flight_add(struct flight *f, struct sortie *s);

/* One that does not fly goes alone when the flight is empty, or, when nothing more is to be sent or
 * a signal has come, it is put back. Then it is settled. */
void flight_send_alone(struct flight *f, struct sortie *s);

bool flight_is_empty(const struct flight *f);

/* Should another one be opened now, to be added as soon as there is room? When verdicts are there,
 * one of them is written down for each that is added: so the line stays full, and no verdict waits
 * long. */
bool flight_is_ready(struct flight *f);

/* Goes on: waits until one has been settled, and hands it back, or until another may be added, or
 * (unless it is -1) `other` can be read: NULL. There must be one. Signals have their effect
 * meanwhile while nothing is at stake. */
struct sortie *flight_go_on(struct flight *f, int other);

#endif
