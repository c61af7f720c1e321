/* The steps of `postbag test`, each shown as it happens: one line a step with its time for people,
 * one object for --json at the end. */
#ifndef CMD_STEPS_H
#define CMD_STEPS_H

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"

struct steps {
    const char *name; /* prefix on stderr */
    bool as_json;
    bool colour;
    int64_t start; /* of the step under way */
    struct buf text;
    struct json json;
};

/* Borrows `name`. Colour only for people at a terminal. */
void steps_init(struct steps *s, const char *name, bool as_json);
void steps_done(struct steps *s);

/* The clock of the next step starts. */
void steps_begin(struct steps *s);

/* The step has gone well, is worth a remark, or has failed; words may be any octets. */
void steps_pass(struct steps *s, const char *step, const char *format, ...) PRINTF_LIKE(3, 4);
void steps_note(struct steps *s, const char *step, const char *format, ...) PRINTF_LIKE(3, 4);
void steps_fail(struct steps *s, const char *step, const struct err *e);

/* The last lines: all is well, or what failed and the remedy. */
void steps_conclude(struct steps *s, const char *good, const struct err *e, int status);

#endif
