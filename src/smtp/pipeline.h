/* Several messages undecided on one connection: each is sent while the verdicts of those before it
 * are still to come.
 *
 *   pipeline_begin
 *   pipeline_takes, pipeline_send   as long as it is ready for more
 *   pipeline_hear                   is the oldest over (transfer_is_over) by now?
 *   pipeline_listen                 does what is to be sent next come before its verdict?
 *   pipeline_wait                   for it, or until another may be sent
 *   pipeline_end                    when it is over; the next is the oldest now
 *
 * With CHUNKING a message of one recipient leaves whole without waiting for anything; without, or
 * with several, the replies to RCPT or DATA are waited for, and another's verdict comes with them.
 *
 * When the connection fails all of them are over at once: as txn_broken. So there are at most
 * PIPELINE_MESSAGES of PIPELINE_OCTETS together, and only a server that has already accepted a
 * message on this connection should be trusted with more than one. */
#ifndef SMTP_PIPELINE_H
#define SMTP_PIPELINE_H

#include "smtp/transfer.h"

enum { PIPELINE_MESSAGES = 20, PIPELINE_OCTETS = 256 * 1024 };

struct pipeline { /* stays where it is */
    struct client *client;
    struct session session;
    struct transfer *sending; /* that has not left whole yet, or NULL */
    size_t n;                 /* messages under way */
    uint64_t octets;
};

void pipeline_begin(struct pipeline *p, struct client *c);

/* May this one be sent now? Not what may need more than one transaction: that goes alone. */
bool pipeline_takes(const struct pipeline *p, const struct envelope *envelope,
                    const struct stored *stored);

/* Sends one, as far as that goes before another's verdict has come. `x` stays where it is until
 * pipeline_end, and all else that is given is borrowed until then. client->intent is this
 * message's. */
void pipeline_send(struct pipeline *p, struct transfer *x, const struct envelope *envelope,
                   const struct stored *stored, struct verdict *verdicts);

/* Has everybody a verdict? */
bool transfer_is_over(const struct transfer *x);

/* Takes the replies that have come. */
void pipeline_hear(struct pipeline *p);

/* Waits until the server speaks: false, or until `other` can be read: true. False at once when
 * there is something left to send. */
bool pipeline_listen(const struct pipeline *p, int other);

/* Goes on sending, or waits for a reply. */
void pipeline_wait(struct pipeline *p);

/* The oldest, which is over: forgotten, and done. */
void pipeline_end(struct pipeline *p, struct transfer *x);

#endif
