/* Durations and sizes as people write them. */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include "base/buf.h"

/* "30s", "5m", "2h", "1d", "45" (seconds) in milliseconds. 0, or -1 for anything else. */
int units_duration(struct span text, int64_t *ret);

/* "25M", "512k", "1G", "1000" in octets; without case. 0, or -1 for anything else. */
int units_size(struct span text, int64_t *ret);

/* Append the same in the largest unit that leaves no rest. */
void units_add_duration(struct buf *to, int64_t ms);
void units_add_size(struct buf *to, int64_t octets);

#endif
