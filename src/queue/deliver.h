/* One message to one account's smarthost, now: secret, connect, TLS, login, transaction; a verdict
 * for each recipient, as data. */
#ifndef QUEUE_DELIVER_H
#define QUEUE_DELIVER_H

#include "config/account.h"
#include "mail/envelope.h"
#include "queue/delivery.h"

/* What is delivered, and by whom; all borrowed. */
struct parcel {
    const struct account *account;
    const struct envelope *envelope;
    const struct stored *stored;
    const char *host; /* this host's name */
    struct stream_trace trace;
    int64_t budget_ms; /* until the end of data, within the account's `timeout`; 0: no budget */
};

/* Everything is within the account's one deadline. Afterwards every verdict is decided.
 *
 * To the service of this machine (account->is_service) the deadline is each attempt's; what it does
 * not answer is given again (queue/retry.h). */
void deliver(const struct parcel *parcel, struct delivery *ret);

#endif
