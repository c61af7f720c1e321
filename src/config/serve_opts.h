/* What [serve] says of `postbag serve`. Strings belong to the config's arena. */
#ifndef CONFIG_SERVE_OPTS_H
#define CONFIG_SERVE_OPTS_H

#include "base/words.h"

#include <stdint.h>

#define SERVE_SOCKET "/run/postbag/submit" /* where both sides look unless told otherwise */

struct serve_opts {
    const char *socket;     /* a Unix socket that every user may connect to */
    struct strlist listen;  /* host:port on this machine alone */
    struct strlist users;   /* login names, @groups, numbers; empty: all */
    struct strlist senders; /* USER:PATTERN, USER as in `users` or *; empty: any */
    struct {                /* of each user, as struct rate; 0 messages: any */
        unsigned rate_messages;
        int64_t rate_period_s;
    };
    uint64_t max_size; /* octets of a message; 0: any */
    int connections;   /* at once, in all */
    int user_connections;
    int64_t wait_ms; /* for the smarthost's verdict before "queued" is the answer */
    int64_t idle_ms; /* how long an idle connection to the smarthost is kept */
};

#endif
