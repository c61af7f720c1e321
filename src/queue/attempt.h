/* One message in a worker's hands: from its file to the server and back. */
#ifndef QUEUE_ATTEMPT_H
#define QUEUE_ATTEMPT_H

#include "queue/carrier.h"
#include "queue/item.h"

/* Opens, checks, sends and settles it. */
void attempt(struct carrier *c, const struct worker_job *job, struct worker_report *ret);

/* What cannot be opened: a bad file is set aside, another version's is left alone, and what cannot
 * be read waits, both in defer/. Told in any case. True if it is still in the queue. */
bool attempt_misfit(const struct notice *n, const struct spool *s, const struct worker_job *job,
                    const struct err *why);

#endif
