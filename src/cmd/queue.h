/* postbag queue: what its commands have in common. */
#ifndef CMD_QUEUE_H
#define CMD_QUEUE_H

#include "cmd/options.h"
#include "config/config.h"
#include "queue/spool.h"
#include "queue/standing.h"

/* The configuration and the spool that it names. */
struct queue {
    const struct options *options;
    struct arena arena;
    struct ident ident;
    struct config config;
    const char *path; /* of the spool; NULL: this user has none, `no_path` says why */
    struct err no_path;
    bool exists;  /* else it is empty */
    bool at_work; /* a runner is: a message may be being sent */
    struct spool spool;
    struct standing_list standings; /* of all accounts; filled by queue_read_standings */
};

/* Loads the configuration; opens the spool, if it exists; does both. Undone by queue_close even
 * when they fail. -1: ERR_CONFIG, ERR_PERMISSION, ERR_TEMPORARY. */
int queue_load(const struct options *o, struct queue *ret, struct err *e) MUST_USE;
int queue_enter(struct queue *q, struct err *e) MUST_USE;
int queue_open(const struct options *o, struct queue *ret, struct err *e) MUST_USE;

/* The socket of the service through which this user's mail goes, or NULL. */
const char *queue_service(struct queue *q);

/* May its messages be changed and counted here? -1 with ERR_PERMISSION where they are in the
 * service's queue, and this user has none of his own. */
int queue_is_own(struct queue *q, struct err *e) MUST_USE;

/* Of all accounts, into q->standings. */
int queue_read_standings(struct queue *q, struct err *e) MUST_USE;
void queue_close(struct queue *q);

/* queue_walk_find in a spool that may not exist. */
int queue_find(const struct queue *q, struct span word, struct queue_id *id, enum folder *folder,
               struct err *e) MUST_USE;

/* A list of the queue, of all or of one user, given away in pieces of whole lines. */
struct queue_listing {
    bool json;
    bool all;
    uid_t uid;   /* else only this one's */
    bool in_two; /* a long one by two processes at once */
    int (*put)(void *context, struct span octets, struct err *e);
    void *context;
};
int queue_list_to(struct queue *q, const struct queue_listing *how, struct err *e) MUST_USE;

/* The commands: an exit status, or -1 with `e`. */
int queue_list(struct queue *q, struct err *e);
int queue_show(struct queue *q, struct err *e);
int queue_change(struct queue *q, struct err *e); /* hold, release, remove */
int queue_count(struct queue *q, struct err *e);

#endif
