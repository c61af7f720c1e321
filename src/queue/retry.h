/* A delivery to the service of this machine, which may be busy, or just being restarted: what it
 * has not answered is given again. */
#ifndef QUEUE_RETRY_H
#define QUEUE_RETRY_H

#include "base/clock.h"
#include "queue/delivery.h"

struct retry {
    void (*once)(void *context, struct delivery *ret); /* one whole delivery */
    void *context;
    bool nonce; /* the service takes a message once, however often it is given */
};

/* How long a caller waits for a service that turns him away, or is away. */
struct patience {
    struct deadline end, away_end;
    int64_t pause_ms;
};

struct patience patience_begin(void);

/* After a try that came to `d`: waits a little, longer each time. False: nothing is to be hoped
 * for, or not any more, or a signal came. */
bool patience_again(struct patience *p, const struct delivery *d);

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
