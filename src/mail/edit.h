/* A message's header while it is being planned: what the parts of mail/plan.c share. */
#ifndef MAIL_EDIT_H
#define MAIL_EDIT_H

#include "mail/plan.h"

struct edit {
    struct arena *arena;
    const struct plan_facts *facts;
    struct header header;
    bool is_resent; /* it came with a Resent- field */
    bool is_signed; /* it has a DKIM-Signature */
    struct strlist notes;
};

/* Begins with a copy of the message's fields, less Bcc, Resent-Bcc, Return-Path, Content-Length. */
void edit_init(struct edit *ed, struct arena *a, const struct message *m,
               const struct plan_facts *facts);

/* Adds a line for -v and the log. */
void edit_note(struct edit *ed, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends the header, its lines at most HEADER_LINE_MAX octets long, and the empty line. */
void edit_print(struct edit *ed, struct buf *to);

#endif
