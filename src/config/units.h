/* Durations, sizes and rates as people write them. */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include "base/buf.h"

/* "30s", "5m", "2h", "1d", "45" (seconds) in milliseconds. 0, or -1 for anything else. */
int units_duration(struct span text, int64_t *ret);

/* "25M", "512k", "1G", "1000" in octets; without case. 0, or -1 for anything else. */
int units_size(struct span text, int64_t *ret);

struct durations {
    int64_t *s; /* seconds */
    size_t n;
};

struct rate {
    unsigned messages; /* 0: no limit */
    int64_t period_s;
};

/* "30/m", "100 / hour", "500/d": so many in a minute, an hour or a day; "0" for no limit. 0, or -1
 * for anything else. */
int units_rate(struct span text, struct rate *ret);

/* Append the same in the largest unit that leaves no rest. */
void units_add_duration(struct buf *to, int64_t ms);
void units_add_size(struct buf *to, int64_t octets);
void units_add_rate(struct buf *to, const struct rate *rate); /* nothing for no limit */

#endif
