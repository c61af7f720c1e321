/* A dialogue with one who submits in SMTP or LMTP, message after message: what -bs and the sessions
 * of `postbag serve` have in common. The engine (smtp/server) says what the other side wants; here
 * sender, recipients and message become a submission, what fails is answered and recorded, and what
 * is to be done with the message is for the owner to say. */
#ifndef CMD_DIALOGUE_H
#define CMD_DIALOGUE_H

#include "cmd/answer.h"
#include "cmd/submission.h"
#include "mail/reader.h"
#include "queue/submit.h"
#include "smtp/server.h"

struct dialogue;

struct dialogue_ops {
    /* The envelope has its sender: may the message begin? */
    int (*mail)(struct dialogue *d, struct err *e);
    /* It has more recipients than there are verdicts, which the owner grows: are they taken? */
    int (*rcpt)(struct dialogue *d, struct err *e);
    /* The stored form stands: verdicts are due, and the answers by dialogue_give. */
    void (*end)(struct dialogue *d);
    /* XQUEUE: writes the list. NULL: it is not offered. */
    int (*queue)(struct dialogue *d, struct err *e);
    /* The message is over and recorded. */
    void (*forget)(struct dialogue *d);
    /* Octets from the other side: how many; 0 at the end; -1, also where that is within a message
     * (server_in_message). And all of these to it. */
    ssize_t (*read)(struct dialogue *d, char *room, size_t len, struct err *e);
    int (*write)(struct dialogue *d, struct span octets, struct err *e);
};

/* The recipients that have come of one RCPT. */
struct dialogue_group {
    size_t first, n;
};

struct dialogue { /* stays where it is */
    const struct dialogue_ops *ops;
    const char *host;        /* this host's name */
    const struct err *unfit; /* why no message can be taken at all; NULL, or no kind: they can */
    uint64_t max_size;       /* octets of a message that are taken; 0: any number */
    bool nonces;             /* XNONCE is offered */
    bool submitter;          /* a record names `uid` and `pid` */
    uid_t uid;
    pid_t pid;

    struct server server;
    struct submission submission; /* of the message under way */
    struct reader reader;
    struct submitted submitted;
    uint64_t octets;
    struct err failure; /* what is wrong with the message under way */
    bool *told; /* recipients whose refusal the other side knows; in the submission's arena */
    size_t told_room;
    struct dialogue_group *groups; /* of the RCPTs that were accepted, likewise */
    size_t n_groups, groups_room;
    bool begun;    /* MAIL has come: there is something to record and to forget */
    bool recorded; /* that is done already */
};

/* The caller has set ops, host and the like, and d->submission has its configuration. Talks until
 * the other side has enough: 0, or -1 when it cannot be heard or told any more. */
int dialogue_run(struct dialogue *d, bool lmtp, struct err *e) MUST_USE;
void dialogue_done(struct dialogue *d); /* all but the submission's configuration */

/* Answers what the engine has asked last; the answer is done. */
void dialogue_give(struct dialogue *d, struct answer *a);

/* Writes into the log what has become of the message. That happens by itself when it is over,
 * unless it was done before. */
void dialogue_record(struct dialogue *d);

#endif
