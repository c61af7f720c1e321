/* Messages of somebody who speaks SMTP to us, handed on in step, so that the smarthost's own
 * replies reach them. The first MAIL opens the connection; it is kept for the next message of the
 * same account, and opened again when it was lost while idle. If that happens within a message,
 * what had been said of it is said again; a recipient that is refused only then has that as its
 * verdict.
 *
 *   relay_mail, relay_rcpt for each recipient, relay_send      or relay_forget at any time
 *   relay_close
 *
 * Only the smarthost's side is timed: a message has the account's `timeout` for all of it together,
 * however long the caller takes. */
#ifndef QUEUE_RELAY_H
#define QUEUE_RELAY_H

#include "queue/connection.h"
#include "smtp/transfer.h"

/* What MAIL says; all is borrowed until relay_forget. */
struct relay_message {
    const struct envelope *envelope; /* its recipients come one by one */
    uint64_t size;                   /* as declared, 0 for none; never told the smarthost: the
                                        message that goes there has another */
    bool may_be_8bit;
    bool smtputf8;
    struct delivery *delivery; /* zeroed */
};

struct relay { /* zeroed is valid; stays where it is */
    struct connection_setup setup;
    struct connection connection;
    struct tls_memory tls_memory;
    struct relay_message message;
    struct transfer transfer;
    bool under_way;  /* `transfer` is */
    int64_t left_ms; /* of the message's time */
};

/* These say in `said` what the smarthost has replied, or why it was not asked. 0 when it accepts;
 * -1 when not: then the delivery's session, or the recipient's verdict, says the same.
 *
 * After relay_mail has failed the message is over. `setup` is borrowed until relay_close. */
int relay_mail(struct relay *r, const struct connection_setup *setup,
               const struct relay_message *message, struct err *said) MUST_USE;

/* The recipients that the envelope has got since; 0 when any of them is accepted. */
int relay_rcpt(struct relay *r, struct err *said) MUST_USE;

/* The message. Afterwards every verdict is decided. */
void relay_send(struct relay *r, const struct stored *stored);

/* What was accepted and not sent keeps its verdict pending. */
void relay_forget(struct relay *r);

void relay_close(struct relay *r);

#endif
