/* The one line of a queue file that changes: what has become of each recipient, and when to try
 * again. It has a fixed place and length and is written over in place with one write, which works
 * on a full disk too.
 *
 *   state S W A ATTEMPTS TRIED LAST NEXT MARKS LF
 *
 *   S         "-", or "!" from the moment before the end of data leaves until the verdict is
 *             written: found after a crash it means "may have been delivered"
 *   W         "-", or "w" when the sender has been told of a delay
 *   A         one digit: how often the outcome was left open (the link died after the end of data)
 *   ATTEMPTS  five digits
 *   TRIED     ten digits: seconds over which delivery has been tried (queue/schedule.h)
 *   LAST NEXT thirteen digits each: seconds since 1970 of the last attempt and of the next
 *   MARKS     one letter a recipient: "." still to do, "D" delivered, "F" failed for good and told
 *             to the sender, or not to be told, "R" refused for good, and somebody who waits is
 *             being told (queue/waiting.h); if nobody waits any more, a bounce is due
 *
 * Pure. */
#ifndef QUEUE_STATE_H
#define QUEUE_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum mark { MARK_TODO = '.', MARK_DELIVERED = 'D', MARK_FAILED = 'F', MARK_REFUSED = 'R' };

enum {
    STATE_SENDING_AT = 6, /* where S stands in the line */
    STATE_MARKS_AT = 57,  /* and the first of MARKS */
    STATE_SENDING = '!',
};

struct state {
    bool sending;
    bool warned;
    unsigned ambiguous; /* 9 stands for more, too */
    unsigned attempts;  /* of this message alone: not those that failed for its whole account */
    int64_t tried_s;
    int64_t last_s; /* 0: never tried */
    int64_t next_s; /* 0: at once */
    char *marks;    /* enum mark, NUL behind */
    size_t n;
};

/* All recipients to do, never tried. */
void state_init(struct arena *a, size_t n, struct state *ret);

/* Appends the line. Numbers are clamped to their digits. */
void state_print(const struct state *s, struct buf *to);

/* From the line without its LF. -1 with ERR_DATA for anything that state_print does not give. */
int state_parse(struct arena *a, struct span line, struct state *ret, struct err *e) MUST_USE;

/* How many recipients have this mark. */
size_t state_count(const struct state *s, enum mark mark);

/* May a copy have been delivered although nobody said so? */
bool state_is_ambiguous(const struct state *s);

#endif
