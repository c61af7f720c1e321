/* Replies to try the hint table with, as servers send them: lines joined by CRLF. */
#ifndef SMTP_HINT_REPLIES_H
#define SMTP_HINT_REPLIES_H

#include "smtp/stage.h"

#include <stddef.h>

/* A reply that a row is about, and the words of that row joined by "|"; "" is a row that goes by
 * codes alone. */
struct hint_known {
    enum stage stage;
    const char *reply;
    const char *words;
};

/* A reply that no row is about, and the bits 1 << STAGE_... where it may come. */
struct hint_unrelated {
    unsigned stages;
    const char *reply;
};

extern const struct hint_known hint_known[];
extern const size_t hint_known_count;
extern const struct hint_unrelated hint_unrelated[];
extern const size_t hint_unrelated_count;

#endif
