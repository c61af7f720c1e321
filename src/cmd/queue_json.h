/* A message of the queue as one JSON object on one line. Pure. */
#ifndef CMD_QUEUE_JSON_H
#define CMD_QUEUE_JSON_H

#include "cmd/queue_message.h"

/* Appends it. Times are ISO 8601 in UTC; no next attempt, or one at once, is "". Of a file that
 * cannot be used there are only queue_id, queue_name, created and error. */
void queue_json_add(const struct queue_message *m, struct buf *to);

#endif
