/* What the service has kept: "queued as ID" in its reply makes a message queued that was sent as
 * far as the protocol knows. */
#ifndef CMD_KEPT_H
#define CMD_KEPT_H

#include "queue/submit.h"

/* Nothing happens for any other account than the service's. */
void kept_by_service(const struct account *account, struct submitted *s);

#endif
