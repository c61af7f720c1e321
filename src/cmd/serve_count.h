/* How many messages a user of the service may still send, by `user_rate` of [serve]: counted in the
 * spool, by all sessions together. */
#ifndef CMD_SERVE_COUNT_H
#define CMD_SERVE_COUNT_H

#include "cmd/serve_policy.h"
#include "queue/spool.h"

/* Has this user another message left in this minute, hour or day? With `take` it is counted. 451
 * 4.7.1; also when it cannot be counted. */
int serve_allows_message(const struct serve_user *user, const struct spool *spool, bool take,
                         struct err *e) MUST_USE;

#endif
