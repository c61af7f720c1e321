/* From a prepared submission to what the queue's floor is asked: by which mode, which route, into
 * which spool. */
#ifndef CMD_HANDOVER_H
#define CMD_HANDOVER_H

#include "cmd/submission.h"
#include "queue/submit.h"

/* --queue and --no-queue, else `mode`. A password on the command line cannot be kept, nor a
 * configuration that is only a descriptor: then nothing is. */
enum queue_mode handover_mode(const struct submission *s);

/* All of it, once the message stands; borrows the submission, its arena and `trace`. */
void handover_prepare(struct submission *s, const char *host, struct stream_trace trace,
                      struct submit_request *ret);

#endif
