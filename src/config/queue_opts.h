/* What [queue] says. Strings belong to the config's arena. */
#ifndef CONFIG_QUEUE_OPTS_H
#define CONFIG_QUEUE_OPTS_H

#include <stddef.h>
#include <stdint.h>

enum queue_mode {
    QUEUE_MODE_DIRECT, /* deliver now, keep nothing */
    QUEUE_MODE_TRY,    /* deliver now, keep what fails for now */
    QUEUE_MODE_QUEUE,  /* keep, deliver later */
};

struct queue_opts {
    enum queue_mode mode;
    const char *dir;       /* NULL: the user's own spool; config_spool() knows both */
    int64_t lifetime_ms;   /* 0: never give up */
    const char *bounce;    /* "sender", "none" or an address */
    int64_t warn_after_ms; /* 0: off */
    int64_t *retry_s;      /* pauses between attempts, seconds; with retry_n a struct durations */
    size_t retry_n;        /* at least 1 */
    int64_t budget_ms;     /* of `try`, until the end of data */
    uint64_t max_messages, max_bytes; /* 0: no limit */
};

#endif
