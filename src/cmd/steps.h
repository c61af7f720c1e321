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
    unsigned warnings;
    int64_t start; /* of the step under way */
    struct buf text;
    struct json json;
};

/* Borrows `name`. Colour only for people at a terminal that can, and without NO_COLOR. */
void steps_init(struct steps *s, const char *name, bool as_json);
void steps_done(struct steps *s);

/* The clock of the next step starts. */
void steps_begin(struct steps *s);

/* The step has gone well, says something that took no time, is worth a remark, has gone well and
 * yet calls for action, or has failed. */
enum steps_mark { STEPS_PASS, STEPS_FACT, STEPS_NOTE, STEPS_WARN, STEPS_FAIL };

/* Shows a step; the words may be any octets. */
void steps_add(struct steps *s, enum steps_mark mark, const char *step, const char *format, ...)
    PRINTF_LIKE(4, 5);

#define steps_pass(s, step, ...) steps_add((s), STEPS_PASS, (step), __VA_ARGS__)
#define steps_fact(s, step, ...) steps_add((s), STEPS_FACT, (step), __VA_ARGS__)
#define steps_note(s, step, ...) steps_add((s), STEPS_NOTE, (step), __VA_ARGS__)
#define steps_warn(s, step, ...) steps_add((s), STEPS_WARN, (step), __VA_ARGS__)
#define steps_fail(s, step, ...) steps_add((s), STEPS_FAIL, (step), __VA_ARGS__)

/* How it all ended. */
struct steps_end {
    const struct err *error; /* NULL: all is well */
    const char *account;     /* and server: as far as they are known, else "" */
    const char *server;
    const char *whom;  /* stands before the error: "account gmail", or a recipient */
    const char *place; /* and behind it: " (smtp.example.com:465, AUTH)", or "" */
    const char *rest;  /* the last line: what to do next, or what became of the test mail */
    int status;
};

/* The last lines: all is well, on stdout; what failed, on stderr, and the remedy. */
void steps_conclude(struct steps *s, const struct steps_end *end);

#endif
