/* An SMTP or LMTP client on one connection: blocking, linear, one deadline.
 *
 *   client_init, client_open (connect, TLS, greeting, EHLO, STARTTLS, EHLO, AUTH),
 *   client_send once or more, client_close.
 *
 * client_open is its steps in order; `postbag test` takes them one by one. Nothing falls back: not
 * from TLS to clear text, not from a login to none, not to a second mechanism after a refusal. */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include "auth/opts.h"
#include "mail/plan.h"
#include "net/dial.h"
#include "net/stream.h"
#include "smtp/caps.h"
#include "smtp/opts.h"
#include "smtp/reply.h"
#include "smtp/session.h"

/* What a connection is made with; all borrowed. */
struct client_setup {
    const struct target *target;
    const struct net_opts *net;
    const struct auth_opts *auth;
    const struct smtp_opts *smtp;
    struct span password;     /* used if a login is wanted */
    const char *host;         /* this host's name: the EHLO name if it has a dot */
    struct deadline reach;    /* until the login begins; zeroed: as `deadline` */
    struct deadline deadline; /* until the end of data has left */
    struct deadline end;      /* of all; zeroed: as long as the reply to the end of data may take */
    struct stream_trace trace;
    struct tls_memory *tls_memory; /* of this target and `net` (net/tls_memory.h), or NULL */
};

/* Milliseconds that each phase took, for the log. */
struct client_times {
    struct dial_times dial;
    int64_t greeting_ms;
    int64_t tls_ms;
    int64_t login_ms;
    int64_t transfer_ms;
};

/* A mark on disk that the end of data is about to leave, so that a crash behind it can be told from
 * one before it: one octet, written over what stands at `at`. */
struct intent {
    int fd;
    uint64_t at;
    char mark;    /* the octet; 0: there is none to write */
    bool written; /* told the caller */
};

struct client {
    struct client_setup setup;
    struct intent intent; /* of the message that is sent next; zeroed: none */
    struct stream *stream;
    struct reply_parser parser;
    struct reply reply; /* the last one */
    struct caps caps;
    struct buf address;        /* that was reached */
    enum stage stage;          /* where we are, or where we failed */
    struct deadline answer_by; /* of the replies to the ends of data that have left */
    struct deadline greet_by;  /* of name lookup, connection and greeting together */
    enum mech mech;            /* of the login, 0 for none */
    bool lmtp;
    bool broken; /* the connection is of no more use */
    bool quit_sent;
    bool unclean;    /* the server still has a transaction open, which RSET must end */
    bool unchunked;  /* the server has shown that it does not know BDAT */
    bool bdat_known; /* or that it does */
    bool rested; /* by the owner: nobody knows whether the server is still there, so that the next
                    message's content waits for the replies to RCPT */
    uint64_t mails; /* transactions that were begun */
    struct client_times times;
};

void client_init(struct client *c, const struct client_setup *setup);

/* All steps up to the login. On failure c->stage says where. */
int client_open(struct client *c, struct err *e) MUST_USE;

/* The steps. Each sets c->stage. */
int client_connect(struct client *c, struct err *e) MUST_USE;
int client_greeting(struct client *c, struct err *e) MUST_USE;
int client_hello(struct client *c, struct err *e) MUST_USE;
int client_starttls(struct client *c, struct err *e) MUST_USE;
int client_tls(struct client *c, struct err *e) MUST_USE;
int client_login(struct client *c, struct err *e) MUST_USE;

/* One command, one reply (in c->reply): 0 whatever its code, -1 when the connection failed. */
int client_command(struct client *c, enum stage stage, struct span line, struct err *e) MUST_USE;

/* Nothing is awaited: is there input all the same? Then -1, and the connection is of no more use:
 * ERR_REPLY for a 421, which may come at any time, else ERR_PROTOCOL. */
int client_expect_silence(struct client *c, struct err *e) MUST_USE;

/* Fills `e` from a reply of no use here: a refusal as it stands, anything else as a breach of the
 * protocol. -1. */
int client_not_expected(const struct client *c, struct err *e);

/* Sends what is queued and waits for one reply into c->reply. */
int client_read_reply(struct client *c, struct err *e) MUST_USE;

/* A reply that is already there: 1, else 0; -1 when what is there is malformed. */
int client_take_reply(struct client *c, struct err *e) MUST_USE;

/* Sends one message and gives each recipient its verdict (the caller's array, zeroed). `last`: QUIT
 * may ride along. Never fails as a whole; look at c->broken before sending another.
 *
 * A server that does not know BDAT although it offers CHUNKING, or that takes no more transactions
 * on this connection (LIMITS MAILMAX), is connected to once more for the rest. */
void client_send(struct client *c, const struct envelope *envelope, const struct stored *stored,
                 bool last, struct verdict *verdicts);

/* Another connection to the same server, as far as the login; intent and times stay. When it fails
 * the client is broken. */
int client_renew(struct client *c, struct err *e) MUST_USE;

/* Has the server had all messages that it takes on one connection (LIMITS MAILMAX)? */
bool client_is_spent(const struct client *c);

/* Can an idle connection be used on? Not if the server has hung up or said something meanwhile, or
 * is spent. */
bool client_is_alive(struct client *c);

/* QUIT if it has not been sent and makes sense; does not wait for the answer. */
void client_close(struct client *c);

/* The time limit of one reply from now on, within the whole delivery's. */
void client_set_deadline(struct client *c, int64_t ms);

#endif
