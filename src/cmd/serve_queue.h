/* XQUEUE: a session's answer to mailq (cmd/service_list.h). */
#ifndef CMD_SERVE_QUEUE_H
#define CMD_SERVE_QUEUE_H

#include "cmd/dialogue.h"
#include "cmd/serve.h"

/* Lists the messages of the user on the other side; all of them for root and the service itself. */
int serve_queue(struct dialogue *d, const struct serve *serve, uid_t uid, bool json,
                struct err *e) MUST_USE;

#endif
