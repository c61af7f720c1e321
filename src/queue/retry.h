/* A delivery to the service of this machine, which may be busy, or just being restarted: what it
 * has not answered is given again. */
#ifndef QUEUE_RETRY_H
#define QUEUE_RETRY_H

#include "queue/delivery.h"

struct retry {
    void (*once)(void *context, struct delivery *ret); /* one whole delivery */
    void *context;
    bool nonce; /* the service takes a message once, however often it is given */
};

/* Afterwards every verdict is decided. For RETRY_MS it tries again
 *
 *   - whoever is turned away, as one too many (421)
 *   - where a connection ends before a message is begun; and for RETRY_AWAY_MS where nobody listens
 *   - with a nonce, recipients without an answer, since the connection was lost on the way: the
 *     answers that have come stand. A message is given RETRY_GIFTS times at most
 *
 * A signal (base/sig.h) ends it, as it is. */
void retry_deliver(const struct retry *r, struct delivery *ret);

enum {
    RETRY_MS = 20 * 1000,
    RETRY_AWAY_MS = 3 * 1000,
    RETRY_GIFTS = 3,
};

#endif
