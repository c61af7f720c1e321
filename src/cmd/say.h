/* Lines for people. Everything foreign in them is made printable first. */
#ifndef CMD_SAY_H
#define CMD_SAY_H

#include "base/err.h"
#include "base/span.h"

/* "NAME: words" and a line feed on stderr. */
void say(const char *name, const char *format, ...) PRINTF_LIKE(2, 3);

/* An error and its hint. */
void say_error(const char *name, const struct err *e);

/* Octets as they are: to stderr; to stdout, -1 with ERR_IO when it does not take them. */
void say_raw(struct span octets);
int say_out(struct span octets, struct err *e) MUST_USE;

#endif
