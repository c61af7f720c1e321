/* A process that holds one connection of one route and sends message after message over it, several
 * at a time when that goes well (queue/flight.h). It opens and locks the files itself; the runner
 * names them, and hears what became of each, which may not be in that order.
 *
 * Both speak over a SOCK_SEQPACKET pair in whole structs. A worker whose runner has died ends after
 * its messages; a runner whose worker has died finds the lock free and the marks as they are.
 *
 * A signal that ends processes ends a worker at once, and its message waits as it was; but not from
 * the end of data on until the verdict is written, of all that are on the wire: then right behind
 * that. */
#ifndef QUEUE_WORKER_H
#define QUEUE_WORKER_H

#include "base/ident.h"
#include "config/config.h"
#include "queue/entry.h"
#include "queue/notice.h"
#include "queue/spool.h"

/* So many it may be given before it has reported of the first: they are in its hands, but not all
 * on the wire. The others are there so that it never waits for the runner. */
enum { WORKER_JOBS = 64 };

struct worker_job {
    struct queue_id id;
    enum folder folder;
};

/* Its padding is zeroed too: it is sent whole. */
struct worker_job worker_job_of(const struct queue_id *id, enum folder folder);

enum worker_result {
    WORKER_DONE,     /* nothing is left to do: delivered, or bounced */
    WORKER_DEFERRED, /* in defer/, `next_s` says until when */
    WORKER_HELD,     /* moved to hold/ or failed/ or corrupt/ */
    WORKER_GONE,     /* not there any more */
    WORKER_BUSY,     /* locked by somebody else, or put back by a worker that ends */
    WORKER_TROUBLE,  /* not tried: the account is in trouble, which the worker has noted in its
                        standing; the message is in defer/ */
    WORKER_LATER,    /* not tried: no more of `rate` before `next_s`; or, with that 0, the spool has
                        failed, and the worker ends */
};

struct worker_report {
    struct queue_id id;
    enum worker_result result;
    int64_t next_s; /* of the message, or with TROUBLE and LATER of the account */
};

struct worker_setup {
    const struct spool *spool;
    const struct route *route;
    const struct queue_opts *opts;
    const struct ident *ident;
    struct config *config; /* counts for a route that names the same; NULL: none does */
    struct notice notice;
    bool all; /* a message or an account that is not due is tried all the same */
};

/* The life of a worker, on its end of the pair. Returns its exit status. */
int worker_run(const struct worker_setup *setup, int fd);

#endif
