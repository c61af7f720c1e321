/* The list of the queue for people, in the layout of Postfix's mailq, with the line of sendmail's
 * that monitoring reads: programs count by both. Pure. */
#ifndef CMD_QUEUE_TEXT_H
#define CMD_QUEUE_TEXT_H

#include "cmd/queue_message.h"

#include <stddef.h>

struct queue_text { /* zeroed: nothing listed yet */
    size_t messages;
    uint64_t octets; /* of all messages */
    bool headless;   /* the list's second part: it has no head of its own */
};

/* Appends one message, the head of the list before the first. */
void queue_text_add(struct queue_text *t, const struct queue_message *m, struct buf *to);

/* Appends what must stand before a second part, its head if the first part was empty. */
void queue_text_join(struct queue_text *t, const struct queue_text *second, struct buf *to);

/* Appends the end of the list. */
void queue_text_end(const struct queue_text *t, struct buf *to);

/* Appends "Sun Nov 22 06:17:28", local time, English names whatever the locale. */
void queue_text_add_date(struct buf *to, int64_t when);

/* Appends an address between brackets of its own kind: MAILER-DAEMON stands for the null sender. */
void queue_text_add_sender(struct buf *to, const char *sender);

#endif
