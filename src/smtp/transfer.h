/* One message over an open connection: session and txn say what, this does it. client_send() does
 * it for a message that is there whole. For one that comes bit by bit:
 *
 *   transfer_open, transfer_run     MAIL
 *   transfer_add, transfer_run      RCPT, for each recipient that the envelope has got
 *   transfer_close, transfer_run    DATA and the message: every recipient has its verdict
 *   transfer_done                   at any time: what the server has begun is ended by RSET before
 *                                   the next message
 *
 * Each transfer_run returns when all replies have come; the last one stands in client.reply. When
 * the connection fails (client.broken) everything is decided at once. A MAIL that was refused
 * leaves txn.begun false. */
#ifndef SMTP_TRANSFER_H
#define SMTP_TRANSFER_H

#include "smtp/client.h"

struct transfer { /* stays where it is: it points into itself */
    struct client *client;
    struct txn txn;
    struct session *session; /* its own, or one that several share (smtp/pipeline.h) */
    struct session own;
    const struct stored *stored;
    bool last;        /* QUIT may ride along */
    bool downgrade;   /* the body goes as quoted-printable */
    int64_t begun_ms; /* clock_ms() */
};

/* `declared` is what MAIL says: a size of 0 for none; eight_bit if the message may be 8-bit;
 * utf8_addresses to ask for SMTPUTF8. All is borrowed until transfer_done. */
void transfer_open(struct transfer *x, struct client *c, const struct envelope *envelope,
                   const struct txn_message *declared, struct verdict *verdicts);

/* The envelope has grown, and `verdicts` (in a new place perhaps) with it. */
void transfer_add(struct transfer *x, struct verdict *verdicts);

/* The message is whole. One that MAIL has not declared as it is goes as quoted-printable if it may;
 * addresses that needed SMTPUTF8 are refused. */
void transfer_close(struct transfer *x, const struct stored *stored);

/* 0, or -1 when the connection failed; the verdicts stand either way. */
int transfer_run(struct transfer *x, struct err *e) MUST_USE;
void transfer_done(struct transfer *x);

/* Its parts, for those who send several at a time. */

/* A message that is there whole; -1 when it cannot be read. Then it begins, alone on the
 * connection. */
int transfer_prepare(struct transfer *x, const struct envelope *envelope, struct verdict *verdicts,
                     struct err *e) MUST_USE;
void transfer_begin(struct transfer *x);

/* Sends until all is answered, or (`ahead`) until another message may follow: 0. 1 when it would
 * have to wait and a message before it is over, which should be written down first. -1 when the
 * connection failed: then session_broken comes next. */
int transfer_perform(struct transfer *x, bool ahead, struct err *e) MUST_USE;

/* Sends what is queued, waits for a reply, and hands it on; or hands on those that have come. -1 as
 * above, and for one that has come before its time. */
int transfer_read(struct client *c, struct session *s, struct err *e) MUST_USE;
int transfer_hear(struct client *c, struct session *s, struct err *e) MUST_USE;

/* All ends of data have left: waits until the server speaks, or until `other` can be read: true. */
bool transfer_listen(struct client *c, const struct session *s, int other);

/* Tells the client what the connection has shown. */
void transfer_note(struct transfer *x);

/* Everybody without a verdict shares this one. */
void transfer_fail(const struct envelope *envelope, enum stage stage, const struct err *err,
                   struct verdict *verdicts);

/* Does the server want it, and is it allowed? Is there so little time that nothing is risked? */
bool transfer_may_pipeline(const struct client *c);
bool transfer_is_hurried(const struct client *c);

#endif
