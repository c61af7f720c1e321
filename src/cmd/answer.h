/* From errors and verdicts to what a caller of -bs is told: the smarthost's own words where it has
 * spoken of the message; 451 for what may pass or must be mended on this host; 554 for what stays
 * as it is. Pure. */
#ifndef CMD_ANSWER_H
#define CMD_ANSWER_H

#include "base/buf.h"
#include "smtp/verdict.h"

struct answer {
    int code;
    char enhanced[ENHANCED_SIZE]; /* "" for a general one */
    struct buf words;
};

void answer_done(struct answer *a);

/* Of an error at a stage; also of a success, where `err` holds the reply that says so, or nothing:
 * 250. 421 is passed on as 451: it is not we who leave. */
void answer_of_error(enum stage stage, const struct err *err, struct answer *ret);

/* The one reply to the end of data. It is a success only if all who have been accepted were sent
 * to; if only some were, it says so. `told` marks those whose refusal the caller knows already:
 * they do not count. */
void answer_of_verdicts(const struct verdict *verdicts, const bool *told, size_t n,
                        struct answer *ret);

/* A refusal of our own, for answer_of_error to tell. Returns -1. */
int answer_refuse(int code, const char *enhanced, const char *words, struct err *e);

#endif
