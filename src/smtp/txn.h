/* One message on its way to the server: which command comes next, what each reply means, and one
 * verdict for each recipient. Pure: no descriptor, no clock.
 *
 *   MAIL --2yz--> RCPT, each --some accepted--> DATA --354--> content --> END --> next, or done
 *    |             |            |                |              ^          |
 *    4yz, 5yz:     4yz, 5yz:    |                4yz, 5yz:      |          2yz, 4yz, 5yz:
 *    verdict of    verdict of   |                verdict of the |          verdict of the
 *    all           that one     +--- with CHUNKING: BDAT -------+          accepted ones
 *
 * - DATA may leave before the RCPT replies are known (the session decides). If then nobody was
 *   accepted and the server says 354 all the same, a lone dot ends it, and its reply never counts
 *   as acceptance.
 * - With `chunking` (RFC 3030) the content goes by BDAT, and there is no DATA. A small message may
 *   leave before the RCPT replies are known; a large one waits for them. A chunk that is refused is
 *   the verdict like an end of data that is refused, and RSET follows. But 500 to 504 before any
 *   BDAT was accepted says that the server does not know what it offers: txn_reply returns -1,
 *   `unchunked` is set, and who is undecided stays so even after txn_broken, for a txn without
 *   `chunking` on a new connection.
 * - After `mail_limit` transactions (LIMITS MAILMAX) the txn ends, and those who wait stay so.
 * - A transaction carries at most TXN_RECIPIENTS recipients, fewer if the server says so (LIMITS
 *   RCPTMAX, RCPTDOMAINMAX). With more, or when the server has accepted one and answers "too many
 *   recipients" (452, 552 5.5.3), the rest go in the next transaction of the same txn.
 * - 421 is the verdict of all that are undecided: the server is leaving.
 * - Any other code than those above breaks the protocol: txn_reply returns -1 and the connection is
 *   of no more use.
 * - A txn that is `open` waits for more recipients (txn_add) in place of DATA, until txn_close says
 *   that there are no more and what the message is like. Its transaction takes any number of them,
 *   and whatever the server says of one is its verdict.
 * - txn_broken() ends it when the connection is gone. What is undecided failed for now; what the
 *   server may have accepted because the end of data was sent is ambiguous.
 *
 * A txn always ends, and then each recipient has exactly one verdict, but for those that
 * txn_has_rest() speaks of. */
#ifndef SMTP_TXN_H
#define SMTP_TXN_H

#include "mail/envelope.h"
#include "smtp/caps.h"
#include "smtp/reply.h"
#include "smtp/verdict.h"

enum {
    TXN_RECIPIENTS = 100,
    TXN_SMALL = 64 * 1024, /* octets of a message that may leave together with RCPT */
};

/* What the wire form of the message is like. */
struct txn_message {
    uint64_t size;
    bool eight_bit;      /* goes as 8-bit: BODY=8BITMIME */
    bool utf8_addresses; /* address fields in the header need SMTPUTF8 */
};

enum txn_phase {
    TXN_PHASE_MAIL,    /* to begin a transaction */
    TXN_PHASE_RCPT,    /* MAIL is sent */
    TXN_PHASE_DATA,    /* DATA is sent, its reply awaited */
    TXN_PHASE_CONTENT, /* 354 has come: content, or a lone dot, is due */
    TXN_PHASE_END,     /* the end of data is sent */
    TXN_PHASE_RSET,    /* a transaction failed and must be cleared for the next */
    TXN_PHASE_DONE,
};

enum txn_recipient {
    TXN_WAITING,  /* for a transaction */
    TXN_OFFERED,  /* RCPT sent */
    TXN_ACCEPTED, /* RCPT answered 2yz */
    TXN_DECIDED,  /* has its verdict */
};

struct txn {
    const struct envelope *envelope;
    const struct caps *caps;
    struct txn_message message;
    bool lmtp;
    bool chunking;   /* the content goes by BDAT */
    bool hurried;    /* little time is left, or the server may be gone: even a small one waits for
                        the RCPT replies, so that neither is found out behind the end of data */
    bool bdat_known; /* the server has accepted a BDAT on this connection */
    uint64_t mail_limit;      /* transactions, 0 for no limit */
    struct verdict *verdicts; /* the caller's, one for each recipient, zeroed */

    enum txn_phase phase;
    enum txn_recipient *recipients;
    size_t known;   /* the envelope's recipients that are looked after: all but those not added */
    size_t next;    /* the recipient to look at next */
    size_t offered; /* in this transaction */
    size_t unanswered;              /* RCPT replies still to come */
    size_t accepted;                /* in this transaction and without verdict */
    size_t domains[TXN_RECIPIENTS]; /* the first recipient of each domain in this transaction */
    size_t n_domains;
    uint64_t mails; /* transactions begun */
    bool open;      /* there may be more recipients */
    bool begun;     /* the server has accepted MAIL, and nothing has ended the transaction yet */
    bool utf8_said; /* MAIL has asked for SMTPUTF8 */
    bool mail_failed;
    bool full;      /* the server takes no more recipients in this transaction */
    bool unchunked; /* the server does not know BDAT */
};

/* Borrows all that it is given until txn_done. */
void txn_init(struct txn *t, const struct envelope *envelope, const struct txn_message *message,
              const struct caps *caps, struct verdict *verdicts);
void txn_done(struct txn *t);

/* The envelope of an open txn has got more recipients, and `verdicts` room for them. */
void txn_add(struct txn *t, struct verdict *verdicts);

/* No more recipients; the message is as it says. What the server cannot take is refused. */
void txn_close(struct txn *t, const struct txn_message *message);

/* The commands whose replies are awaited. */
enum txn_command { TXN_MAIL, TXN_RCPT, TXN_DATA, TXN_CHUNK, TXN_END, TXN_LONE_DOT, TXN_RSET };

/* The stage at which a reply to it comes. */
enum stage txn_stage(enum txn_command command);

struct txn_awaited {
    enum txn_command command;
    size_t recipient; /* of TXN_RCPT, and of TXN_END under LMTP; TXN_ALL otherwise */
};
#define TXN_ALL SIZE_MAX

enum txn_step {
    TXN_STEP_COMMAND,  /* a command was appended to `out`; its reply is `ret` */
    TXN_STEP_CONTENT,  /* send the content and the end of data, then call txn_content_sent */
    TXN_STEP_LONE_DOT, /* send ".CRLF", then call txn_content_sent */
    TXN_STEP_WAIT,     /* nothing can be sent before a reply has come */
    TXN_STEP_HOLD,     /* nothing can be sent before txn_add or txn_close */
    TXN_STEP_DONE,
};

enum txn_step txn_next(struct txn *t, struct buf *out, struct txn_awaited *ret);

/* At TXN_STEP_CONTENT: will this be the last transaction, so that QUIT may follow at once? */
bool txn_is_last(const struct txn *t);

/* The txn has ended and somebody is undecided: a new connection is needed for them. */
bool txn_has_rest(const struct txn *t);

/* The end of data has been handed to the kernel whole. */
void txn_content_sent(struct txn *t);

/* The first recipient from `start` on that is accepted and has no verdict, or TXN_ALL: under LMTP
 * the next END reply is theirs. */
size_t txn_next_accepted(const struct txn *t, size_t start);

/* Takes the reply to `awaited`. An END reply that comes before txn_content_sent is an early
 * refusal; an early acceptance is none. -1: the connection must be closed; txn_broken comes next.
 */
int txn_reply(struct txn *t, struct txn_awaited awaited, const struct reply *reply,
              struct err *e) MUST_USE;

/* Ends it; `stage` is where the connection was lost and `err` why. A 421 to what was sent before is
 * no open end: the server has left without looking at this. */
void txn_broken(struct txn *t, enum stage stage, const struct err *err);

#endif
