/* A message of the queue for the tests of what shows it: two recipients, nothing tried. */
#ifndef TESTS_QUEUE_SAMPLE_H
#define TESTS_QUEUE_SAMPLE_H

#include "cmd/queue_message.h"

struct queue_sample {
    struct rcpt rcpts[2];
    char marks[3];
    struct entry entry;
    struct last_reply replies[2];
    struct standing standing;
    struct queue_message message;
};

/* In new/, created 2026-11-22 06:17:28 UTC, 3000 octets. */
void queue_sample_init(struct queue_sample *s);

#endif
