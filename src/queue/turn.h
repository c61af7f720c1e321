/* Whose turn it is: one runner at a time works, by a lock on the spool's file `lock`; one may wait
 * for it, by a lock on `wait`. Both die with the process that has them. */
#ifndef QUEUE_TURN_H
#define QUEUE_TURN_H

#include "queue/spool.h"

struct turn {
    int lock; /* -1: not open */
};

int turn_open(const struct spool *s, struct turn *ret, struct err *e) MUST_USE;
void turn_close(struct turn *t);

/* Ours? 1; 0 when somebody else is at work. */
int turn_try(const struct turn *t, struct err *e) MUST_USE;

/* Waits for it: 1; 0 when somebody waits already. */
int turn_wait(const struct turn *t, const struct spool *s, struct err *e) MUST_USE;

void turn_end(const struct turn *t);

/* Is somebody at work, as far as can be seen? For those who do not want the turn themselves. */
bool turn_is_taken(const struct spool *s);

#endif
