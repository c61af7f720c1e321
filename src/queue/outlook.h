/* Will the verdict on a message come in time? What came before it is sent before it: if that goes
 * on at its pace, is it done by then? */
#ifndef QUEUE_OUTLOOK_H
#define QUEUE_OUTLOOK_H

#include "base/clock.h"
#include "queue/item.h"

struct outlook {                /* zeroed: nothing is known yet */
    int64_t begun, at, next_at; /* clock_ms() of the first call, the last look, and the next */
    size_t ahead;               /* at the last look */
};

/* False as long as there is hope. To say that there is none takes OUTLOOK_MANY messages that came
 * before it, and two looks at the queue: the first one OUTLOOK_FIRST_MS after the first call, the
 * next ones each twice as late. No more messages are counted than OUTLOOK_MOST. Whatever has left
 * already, and only lacks its verdict, has hope. */
bool outlook_is_hopeless(struct outlook *o, const struct item *item, struct deadline deadline);

enum { OUTLOOK_MANY = 40, OUTLOOK_MOST = 5000, OUTLOOK_FIRST_MS = 2000 };

#endif
