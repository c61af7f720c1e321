/* A message's name in the queue: 13 hexadecimal digits for the microseconds since 1970, then 6 at
 * random, all in capitals. So names sort by age, and no process number, inode or host is in them:
 * two containers may share a spool, and a spool may come from a backup. */
#ifndef QUEUE_ID_H
#define QUEUE_ID_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { QUEUE_ID_TIME = 13, QUEUE_ID_SIZE = 19 };

struct queue_id { /* zeroed: none */
    char text[QUEUE_ID_SIZE + 1];
};

/* A new one for a message of that moment. -1 with ERR_SYSTEM when there are no random octets. */
int queue_id_new(int64_t created_us, struct queue_id *ret, struct err *e) MUST_USE;

/* The name of a message that is made from another, its bounce: always the same for the same `why`,
 * so that it is not made twice. */
struct queue_id queue_id_derive(const struct queue_id *from, struct span why);

/* 0, or -1 for anything that is no name. */
int queue_id_parse(struct span text, struct queue_id *ret) MUST_USE;

/* As qsort(3) wants it. */
int queue_id_compare(const void *a, const void *b);

#endif
