/* A conversation with a txn and its session on paper: no descriptor, no clock. */
#ifndef UNIT_SMTP_SCRIPT_H
#define UNIT_SMTP_SCRIPT_H

#include "smtp/session.h"

struct script_setup {
    const char *caps;         /* EHLO lines after the first, "\n" between */
    const char *const *rcpts; /* NULL at the end */
    struct txn_message message;
    bool lmtp;
    bool sender_utf8;
};

struct script {
    struct envelope envelope;
    struct caps caps;
    struct txn txn;
    struct session session;
    struct txn *next; /* that follows as soon as it may, or NULL */
    struct verdict *verdicts;
    struct buf sent; /* commands; "<content>" and "<dot>" for the other two, "|" before each read */
};

void script_open(struct script *s, const struct script_setup *setup);
void script_close(struct script *s);

/* Plays replies ("250 ok\n550 no\n…") until they are used up or the session is done; then the
 * connection is lost. Returns 0, or -1 when the session asked for the connection to be closed. */
int script_play(struct script *s, const char *replies);

#endif
