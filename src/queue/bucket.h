/* A rate: so many messages a period, all of them at once if none has gone for so long. */
#ifndef QUEUE_BUCKET_H
#define QUEUE_BUCKET_H

#include <stdint.h>

struct bucket {        /* zeroed: full */
    double tokens;     /* messages that may go now */
    int64_t tokens_at; /* when that was counted, milliseconds since 1970; 0: never */
};

/* Takes one of `messages` per `period_s` (0: no limit): 0, or the milliseconds until there is one.
 * A clock that steps back gives none for free. */
int64_t bucket_take(struct bucket *b, unsigned messages, int64_t period_s, int64_t now_ms);

#endif
