/* Deadlines. All times are milliseconds on the monotonic clock, which no clock step moves, unless a
 * name says otherwise. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A point in time; zeroed means "never". */
struct deadline {
    int64_t at;
};

int64_t clock_ms(void);

/* Since 1970, by the clock on the wall, which jumps. */
int64_t clock_wall_us(void);
int64_t clock_wall_ms(void);

/* `ms` from now; 0 or less means never. */
struct deadline deadline_in(int64_t ms);

/* The earlier of the two. */
struct deadline deadline_min(struct deadline a, struct deadline b);

bool deadline_passed(struct deadline d);

/* For poll(2): milliseconds left, 0 when passed, -1 for never. */
int deadline_left(struct deadline d);

/* The same, but a second at most: for whoever looks at sig_stop() between two waits, since a signal
 * may come just before poll(2). */
int deadline_nap(struct deadline d);

#endif
