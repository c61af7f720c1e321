/* A message's name in the queue: 13 hexadecimal digits for the microseconds since 1970, then 6 at
 * random, all in capitals. So names sort by age, and no process number, inode or host is in them:
 * two containers may share a spool, and a spool may come from a backup. */
#ifndef QUEUE_ID_H
#define QUEUE_ID_H

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { QUEUE_ID_TIME = 13, QUEUE_ID_SIZE = 19 };

struct queue_id { /* zeroed: none */
    char text[QUEUE_ID_SIZE + 1];
};

/* A new one for a message of that moment. -1 with ERR_SYSTEM when there are no random octets. */
int queue_id_new(int64_t created_us, struct queue_id *ret, struct err *e) MUST_USE;

/* The name of a message that is made from another, its bounce: always the same for the same `why`,
 * so that it is not made twice. */
struct queue_id queue_id_derive(const struct queue_id *from, struct span why);

/* The name of a message that this user has given this nonce, 32 hexadecimal digits in capitals: 13
 * for microseconds as in a name, the rest at random. -1 if that time is far from `now` (seconds):
 * names sort by age. */
int queue_id_of_nonce(uid_t uid, struct span nonce, int64_t now, struct queue_id *ret) MUST_USE;

/* A nonce for a message of that moment; `ret` has room for 32 digits and a NUL. -1 with ERR_SYSTEM
 * when there are no random octets. */
int queue_nonce_new(int64_t now_us, char *ret, struct err *e) MUST_USE;

/* 0, or -1 for anything that is no name. */
int queue_id_parse(struct span text, struct queue_id *ret) MUST_USE;

/* When the message came, by its name: seconds since 1970. */
int64_t queue_id_created(const struct queue_id *id);

/* As qsort(3) wants it. */
int queue_id_compare(const void *a, const void *b);

#endif
