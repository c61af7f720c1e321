/* When to try again, and when to give up. Pure; all in seconds, `now` since 1970.
 *
 * Clocks jump. So a message's patience is not its age alone: `tried` counts the time between its
 * attempts, and no pause counts for more than SCHEDULE_PAUSE_MAX. A forward step of ten years, or a
 * machine that slept for a week, gives up nothing; a backward step makes nothing wait longer than
 * the longest step of the schedule. */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCHEDULE_PAUSE_MAX = 6 * 3600,
    SCHEDULE_AMBIGUOUS = 30 * 60, /* least pause after an end that was left open */
    SCHEDULE_AMBIGUOUS_MAX = 3,   /* then the message is held */
    SCHEDULE_BOUNCE_LIFETIME = 24 * 3600,
};

struct schedule {
    const int64_t *steps_s; /* pause after the first attempt, the second, …; the last one repeats */
    size_t n;               /* at least 1 */
};

/* The pause after `attempts` attempts, 15 % more or less as `random` (any value) says; so that not
 * all messages of a bad hour come back in the same second. */
int64_t schedule_pause(const struct schedule *s, unsigned attempts, uint32_t random);

/* The same for a message whose end has just been left open, or not. */
int64_t schedule_pause_after(const struct schedule *s, unsigned attempts, bool ambiguous,
                             uint32_t random);

/* How long a message lives whose sender asks for `lifetime` (0: for ever); a bounce is not waited
 * for that long. */
int64_t schedule_lifetime(int64_t lifetime, bool bounce);

/* Is it time? Also when `next` is farther away than any pause could be. */
bool schedule_is_due(const struct schedule *s, int64_t next, int64_t now);

/* How much an attempt now adds to the time over which was tried, the last one being at `last` (0:
 * never). */
int64_t schedule_tried(int64_t last, int64_t now);

/* Is the patience at an end? `created` since 1970; `tried` of the message and of its account's
 * standing together; lifetime 0: never. */
bool schedule_is_expired(int64_t created, int64_t now, int64_t tried, int64_t lifetime);

#endif
