/* What to do about a server's refusal: a table of replies that are known, and the remedy for each.
 *
 * A row fits when all that it names fits: the stage, the reply code, the enhanced status code, the
 * words. Enhanced codes are named rarely: providers change them under the same words. The rows go
 * from the most special to the most general, and the first that fits is the answer. An exit status
 * never depends on them. */
#ifndef SMTP_HINT_H
#define SMTP_HINT_H

#include "base/err.h"
#include "smtp/stage.h"

#include <stddef.h>

/* What kind of trouble it is; for whoever decides when to try again, and with what. */
enum hint_class {
    HINT_AUTH,   /* the account's settings: login, TLS, host, EHLO name */
    HINT_SENDER, /* the sender's address, or the header */
    HINT_QUOTA,  /* a limit of the account is used up: passes with time, although it may be 5yz */
    HINT_RELAY,  /* a recipient for whom the server wants a login, or never takes anything */
    HINT_TEMPORARY, /* passes with time */
    HINT_SIZE,      /* the message is too large */
    HINT_POLICY,    /* the server takes no such message, or nothing from such a place */
    HINT_NETWORK,   /* this network address is not welcome */
};

enum { HINT_WORDS = 3 };

struct hint {
    /* All occur, one behind the other, in the reply; fewer end with NULL. The case of letters does
     * not matter, and a blank stands for one or more. */
    const char *words[HINT_WORDS];
    unsigned stages;      /* the bits 1 << STAGE_... where it is met; 0: at any */
    int code;             /* 535: that code; 4 or 5: any 4yz or 5yz; 0: either */
    const char *enhanced; /* this very code, or NULL: any or none */
    enum hint_class class;
    const char *seen; /* "2026-11": when these words were last found in a report or a document of
                       * the provider; NULL: not verified, or nothing to verify */
    const char *text; /* cause and remedy on one line */
};

extern const struct hint hint_table[];
extern const size_t hint_count;

/* The row for an ERR_REPLY that came at `stage`. NULL for an unknown reply, for replies below 400,
 * and for errors of any other kind. */
const struct hint *hint_find(enum stage stage, const struct err *reply);

/* Adds the remedy to `e` if one is known and `e` has none. */
void hint_apply(enum stage stage, struct err *e);

#endif
