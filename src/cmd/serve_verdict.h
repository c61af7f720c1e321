/* What has become of a message in the queue, as verdicts on the recipients of whoever waits. */
#ifndef CMD_SERVE_VERDICT_H
#define CMD_SERVE_VERDICT_H

#include "queue/delivery.h"
#include "queue/waiting.h"

/* Fills the verdicts of all recipients, after waiting_for. The message in the queue may be one that
 * was given before, with its recipients in another order: they are found by their names; one that
 * is not there has failed for now. */
void serve_verdicts(const struct waiting *w, const struct envelope *envelope, struct delivery *ret);

/* How many of them are refused, and must be told. */
size_t serve_refusals(const struct delivery *d);

#endif
