/* A message of the queue, as the commands show it. */
#ifndef CMD_QUEUE_MESSAGE_H
#define CMD_QUEUE_MESSAGE_H

#include "cmd/queue.h"
#include "queue/item.h"

struct queue_message {
    struct queue_id id;
    enum folder folder;
    bool busy;                 /* being sent at this moment */
    const struct entry *entry; /* NULL: the file cannot be used, `problem` says why */
    const char *problem;
    const struct last_reply *replies; /* one a recipient */
    const struct standing *trouble;   /* of its account; NULL for none */

    struct item item; /* the file, for show, if `entry` is there */
    struct arena arena;
};

/* Reads the message's file. False when it is not there any more: then there is nothing to be done
 * with `ret`. The queue must live as long. */
bool queue_message_load(const struct queue *q, enum folder folder, const struct queue_id *id,
                        struct queue_message *ret);
void queue_message_done(struct queue_message *m);

/* "new", "deferred", "hold", "failed". */
const char *queue_message_state(const struct queue_message *m);

/* Is this recipient still to do, or, of a message that was given up, one that did not get it? */
bool queue_message_concerns(const struct queue_message *m, size_t recipient);

/* When it came, and when it is tried next (0: at once, or not by itself), in seconds since 1970. */
int64_t queue_message_created(const struct queue_message *m);
int64_t queue_message_next(const struct queue_message *m);

/* Octets of the message. */
uint64_t queue_message_size(const struct queue_message *m);

/* Appends why this recipient still waits, for people; nothing if there is nothing to say. Foreign
 * text is made printable. */
void queue_message_reason(const struct queue_message *m, size_t recipient, struct buf *to);

/* Appends the server's last words to it: "RCPT: 450 4.2.0 Greylisted"; nothing without. */
void queue_message_reply(const struct queue_message *m, size_t recipient, struct buf *to);

/* Appends what stands against its account; nothing without. */
void queue_message_trouble(const struct queue_message *m, struct buf *to);

#endif
