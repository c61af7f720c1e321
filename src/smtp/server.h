/* The server's side of SMTP (RFC 5321) and LMTP (RFC 2033). Pure: octets are fed in, one action at
 * a time comes out, the caller does it and answers with a reply. It calls nobody and knows neither
 * descriptors nor smarthosts.
 *
 *   server_init; then for ever: server_next says what is to be done
 *     SERVER_WANT    send what is in `out`, get octets, server_feed them
 *     SERVER_MAIL    see `mail`: begin a message; server_answer
 *     SERVER_RCPT    see `rcpt`: one more recipient; server_answer
 *     SERVER_BODY    `piece` is the next piece of the message, line ends as they came
 *     SERVER_END     the message is whole; server_answer, under LMTP once for each recipient that
 *                    was accepted, in their order
 *     SERVER_RESET   forget the message that was begun
 *     SERVER_QUEUE   write the reply to XQUEUE, the list of the queue, `json` says how
 *     SERVER_QUIT    send what is in `out` and hang up; a message that was begun is forgotten
 *
 * Everything else is answered here. Replies gather in `out`; the caller sends and clears it at
 * SERVER_WANT at the latest. The greeting is there from the start.
 *
 *   IDLE     no message under way. MAIL, if answered 2yz, leads to OPEN. HELO is not insisted on.
 *   OPEN     RCPT adds recipients. DATA, with at least one accepted, leads to DATA, BDAT to CHUNK;
 *            RSET and HELO lead back to IDLE.
 *   DATA     everything is text until the end of data, then ENDING. If the line of DATA ended in
 *            CRLF, only CRLF.CRLF ends the data, and a dot behind a bare LF is text: such a client
 *            stuffs dots behind CRLF only, and what it mails must not be taken for commands. If it
 *            ended in a bare LF, a lone dot on a line of any kind ends the data.
 *   CHUNK    so many octets are text, whatever they are (RFC 3030); then CHUNKS, or with LAST
 *            ENDING.
 *   CHUNKS   between chunks: MAIL, RCPT and DATA are out of order.
 *   SKIP     the octets of a BDAT that is out of order are thrown away, then it is refused.
 *   ENDING   SERVER_END is due; its answers lead to IDLE, whatever they are.
 *   CLOSED   after QUIT, and after a BDAT whose length cannot be read: what follows it could not
 *            be told from commands.
 *
 * Limits: a command line has at most SERVER_LINE_LIMIT octets, a longer one is skipped to its end
 * and refused; a message SERVER_RCPT_LIMIT recipients. A CR within a command line, or any other
 * control character but a tab, is refused. Message text is held only for the piece at hand. */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include "smtp/arguments.h"
#include "smtp/dot.h"

enum {
    SERVER_LINE_LIMIT = 2048, /* with its line end; the parameters need more than RFC 5321's 512 */
    SERVER_RCPT_LIMIT = 10000,
};

enum server_action {
    SERVER_WANT,
    SERVER_MAIL,
    SERVER_RCPT,
    SERVER_BODY,
    SERVER_END,
    SERVER_RESET,
    SERVER_QUEUE,
    SERVER_QUIT,
};

enum server_state {
    SERVER_STATE_IDLE,
    SERVER_STATE_OPEN,
    SERVER_STATE_DATA,
    SERVER_STATE_CHUNK,
    SERVER_STATE_CHUNKS,
    SERVER_STATE_SKIP,
    SERVER_STATE_ENDING,
    SERVER_STATE_CLOSED,
};

struct server {
    const char *name; /* ours; borrowed */
    bool lmtp;
    bool nonces;       /* XNONCE of MAIL is understood, and said so; set by the caller */
    bool lists;        /* XQUEUE is understood; set by the caller */
    uint64_t max_size; /* for SIZE, 0 for none; set by the caller */

    /* for the caller */
    struct buf out;
    struct mail_arguments mail; /* until SERVER_MAIL is answered */
    struct rcpt_arguments rcpt; /* until SERVER_RCPT is answered */
    struct span piece;          /* until the next server_next */
    bool json;                  /* of SERVER_QUEUE */

    enum server_state state;
    enum server_state after_skip;
    struct span input; /* not consumed yet */
    struct buf line;   /* the command line as far as it has come */
    bool line_used;    /* it has been obeyed: the next octet begins another */
    bool too_long;
    bool lf_line;    /* it ended in a bare LF */
    bool extended;   /* EHLO or LHLO was said: replies carry enhanced status codes */
    size_t accepted; /* recipients */
    size_t answers;  /* still owed by the caller for what server_next gave last */
    enum server_action asked;
    struct undot undot;
    struct buf text; /* decoded */
    uint64_t chunk;  /* octets left of it */
    bool last_chunk;
};

/* Borrows `name`, a word for the greeting. */
void server_init(struct server *s, const char *name, bool lmtp);
void server_done(struct server *s);

/* More octets from the client, after SERVER_WANT; borrowed until the next SERVER_WANT. */
void server_feed(struct server *s, struct span octets);

/* What is to be done next. The same again as long as an answer is owed. */
enum server_action server_next(struct server *s);

/* Answers MAIL, RCPT or END: a code of 2yz, 4yz or 5yz (any other becomes 451), the enhanced code
 * ("" for a general one) and words of any origin, lines separated by LF. 2yz accepts. */
void server_answer(struct server *s, int code, const char *enhanced, struct span words);

/* Has a part of a message come, or all of it, that has not been answered for? */
bool server_in_message(const struct server *s);

#endif
