/* A runner's workers: a process for each route, on the other end of a socket pair. */
#ifndef QUEUE_POOL_H
#define QUEUE_POOL_H

#include "queue/worker.h"

enum { POOL_MAX = 20 }; /* workers at a time */

struct pool_worker {
    pid_t pid; /* 0: nobody */
    int fd;    /* our end; -1 once it was told to leave */
    uint32_t route;
    int64_t idle_until;                  /* clock_ms(): rests with its connection; 0: it does not */
    struct worker_job jobs[WORKER_JOBS]; /* what it is at, or was when it died; oldest first */
    size_t n_jobs;
};

struct pool { /* zeroed is empty */
    struct pool_worker workers[POOL_MAX];
    size_t n; /* processes that are not reaped */
};

/* In the new process: everything of the runner's that is not a worker's is given up. */
typedef void pool_leave(void *context);

struct pool_start {
    struct worker_setup setup;
    uint32_t route;
    pool_leave *leave;
    void *context;
};

/* A new worker; NULL with ERR_SYSTEM. There must be room. */
struct pool_worker *pool_start(struct pool *p, const struct pool_start *start,
                               struct err *e) MUST_USE;

/* The one of that route that still listens, or NULL. */
struct pool_worker *pool_find(struct pool *p, uint32_t route);

/* Is anybody at work, or about to end? Those that rest are neither. */
bool pool_is_busy(const struct pool *p);

/* Of those that rest the one that has done so longest, or NULL. */
struct pool_worker *pool_idlest(struct pool *p);

/* Hands it a message; false when it has died. */
bool pool_send(struct pool_worker *w, const struct worker_job *job) MUST_USE;

/* What it has to say: 1; 0 for nothing now; -1 when it is gone. */
int pool_receive(struct pool_worker *w, struct worker_report *ret) MUST_USE;

/* Lets it leave: it says goodbye to its server and ends. */
void pool_dismiss(struct pool_worker *w);

/* Sends a signal to all. */
void pool_signal(const struct pool *p, int number);

/* One that has ended, or NULL; `status` as waitpid(2) has it. What it has said last can still be
 * received; then pool_forget makes its place free. */
struct pool_worker *pool_reap(struct pool *p, int *status);
void pool_forget(struct pool *p, struct pool_worker *w);

#endif
