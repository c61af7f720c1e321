/* What the service has kept: how it says so in its reply, and how whoever submits reads it.
 *
 *   kept   = "queued as " queue-id [ " (" reason ")" ]
 *   reason = stage ": " ( reply-code [ SP enhanced ] [ SP words ] / words )
 *
 * The stage is one of smtp/stage.h, or "config", the reason why it was not sent at once. */
#ifndef CMD_KEPT_H
#define CMD_KEPT_H

#include "queue/submit.h"

/* Appends it. `why` may be NULL, and its error none. */
void kept_write(const struct queue_id *id, const struct verdict *why, struct buf *to);

/* Such a reply makes a recipient queued who was sent to as far as the protocol knows, with the
 * reason as its error: how many there are, and with what name in the queue. None for any other
 * account than the service's. */
size_t kept_by_service(const struct account *account, struct verdict *verdicts, size_t n,
                       struct queue_id *ret);

#endif
