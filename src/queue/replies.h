/* What the server said last of each recipient, for people: behind END in the queue file. Written
 * over at each attempt, not synced, perhaps cut short or missing; nothing is decided by it.
 *
 *   reply INDEX STAGE CODE ENHANCED TEXT LF     one a recipient; STAGE: enum stage, a number; "-"
 *                                               for no enhanced code; control characters of TEXT
 *                                               made visible
 *
 * Pure. */
#ifndef QUEUE_REPLIES_H
#define QUEUE_REPLIES_H

#include "base/arena.h"
#include "base/buf.h"
#include "smtp/verdict.h"

enum { REPLY_TEXT_MAX = 512 }; /* octets of TEXT; the rest is cut off */

struct last_reply { /* zeroed: none */
    enum stage stage;
    int code;
    char enhanced[ENHANCED_SIZE];
    const char *text; /* never NULL if there is one */
};

/* Appends the line for recipient `index`. */
void reply_print(size_t index, const struct last_reply *r, struct buf *to);
void reply_print_last(size_t index, const struct verdict *v, struct buf *to);

/* The refusal that it was, with its remedy: for a bounce that comes later. Nothing said: a refusal
 * without words. */
void reply_recall(const struct last_reply *r, struct verdict *ret);

/* Fills an array of `n` (zeroed by it) from what stands behind END; lines that make no sense are
 * skipped, a later one wins. */
void replies_parse(struct arena *a, struct span text, size_t n, struct last_reply *ret);

#endif
