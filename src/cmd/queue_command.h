/* The words behind `postbag queue`, and what each may be given. Pure. */
#ifndef CMD_QUEUE_COMMAND_H
#define CMD_QUEUE_COMMAND_H

#include "base/err.h"
#include "base/span.h"

enum queue_command {
    QUEUE_LIST, /* also mailq, -bp, and `postbag queue` alone */
    QUEUE_SHOW,
    QUEUE_RUN, /* also -q */
    QUEUE_HOLD,
    QUEUE_RELEASE,
    QUEUE_REMOVE,
    QUEUE_COUNT,
    QUEUE_CHECK,
};

/* The operand of hold, release and remove that stands for every message; in capitals, so that it is
 * not written by accident. */
#define QUEUE_ALL "ALL"

struct options;

/* 0, or -1 with ERR_USAGE for an unknown word. */
int queue_command_parse(struct span word, enum queue_command *ret, struct err *e) MUST_USE;

/* Do operands and options go with the command? -1 with ERR_USAGE. */
int queue_command_check(const struct options *o, struct err *e) MUST_USE;

#endif
