/* What a runner and its workers tell: lines on stderr for people, records in the log. */
#ifndef QUEUE_NOTICE_H
#define QUEUE_NOTICE_H

#include "queue/outcome.h"

struct notice {
    const char *name; /* prefix on stderr */
    int verbose;
    bool json; /* format of the log */
};

/* Somebody should know: stderr and the log. With `hint` (may be NULL) a second line. */
void notice_tell(const struct notice *n, const char *hint, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* For the log alone, and with -v for stderr. */
void notice_note(const struct notice *n, const char *format, ...) PRINTF_LIKE(2, 3);

/* With -v. */
void notice_show(const struct notice *n, const char *format, ...) PRINTF_LIKE(2, 3);

/* The log's record of an attempt. */
void notice_outcome(const struct notice *n, const struct outcome *o);

#endif
