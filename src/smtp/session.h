/* The transaction part of a connection: which replies are awaited, in order, and what may leave
 * before they have come. Pure.
 *
 * One message is sent at a time, but behind its end of data another may follow before the verdict
 * has come (session_may_follow, session_follow); each txn gets its own replies, and has ended when
 * its phase is TXN_PHASE_DONE. Behind a BDAT without a verdict RSET comes first: one that is
 * refused leaves its transaction open, and its recipients must not get the next message.
 *
 * Flight rules (RFC 2920): without PIPELINING every command waits for its reply. With it, MAIL,
 * RCPT and DATA leave together; DATA, the end of data and QUIT end a flight; content may begin one;
 * with CHUNKING small content goes with MAIL and RCPT. QUIT leaves right behind the last end of
 * data if that is sure to be the last. The reply to QUIT is never waited for. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "smtp/txn.h"

struct session_awaited {
    struct txn *txn;
    struct txn_awaited reply;
};

struct session {
    struct txn *txn; /* that is being sent */
    bool pipelining;
    bool quit; /* end the connection after this message */
    bool quit_sent;
    struct session_awaited *awaited; /* a queue: the oldest at `first` */
    size_t first, n, room;
};

/* `txn` is borrowed until session_done. */
void session_init(struct session *s, struct txn *txn, bool pipelining, bool quit);
void session_done(struct session *s);

enum session_step {
    SESSION_SEND,     /* commands were appended to `out`: add more by calling again */
    SESSION_CONTENT,  /* send content and end of data, then `out` holds what follows it */
    SESSION_LONE_DOT, /* the same with an empty content */
    SESSION_READ,     /* flush, and read one reply */
    SESSION_HOLD,     /* all is answered; an open txn waits for txn_add or txn_close */
    SESSION_DONE,
};

enum session_step session_next(struct session *s, struct buf *out);

/* Between commands: no reply is awaited and no content is due, so the server has nothing to say. */
bool session_is_idle(const struct session *s);

/* Call when the content is about to be ended: appends QUIT to `out` if it may ride along. */
void session_end_content(struct session *s, struct buf *out);

/* Call before the replies to a BDAT that is not the last may come. */
void session_chunk_sent(struct session *s);

/* Call when the end of data has left whole: its replies are awaited from now on. */
void session_content_sent(struct session *s);

/* May another message begin? When all of the one before has left, and nothing of it can be due. */
bool session_may_follow(const struct session *s);

/* The next message; borrowed, as the ones before until they have ended. */
void session_follow(struct session *s, struct txn *txn);

/* Of the message whose reply is awaited now: has its end of data left? */
bool session_end_has_left(const struct session *s);

/* The message whose reply is awaited now, or that is being sent. */
const struct txn *session_oldest(const struct session *s);

/* The connection is gone: ends all; `stage` is that of the oldest. As txn_broken. */
void session_broken(struct session *s, enum stage stage, const struct err *err);

/* The stage of the reply that is awaited now, for messages. */
enum stage session_stage(const struct session *s);

/* Hands the next reply to where it belongs. As txn_reply. */
int session_reply(struct session *s, const struct reply *reply, struct err *e) MUST_USE;

#endif
