/* One runner's work while it is its turn: looks what is there, hands messages out to workers, hears
 * what became of them, until nothing is left that could be done now. */
#ifndef QUEUE_ROUND_H
#define QUEUE_ROUND_H

#include "queue/agenda.h"
#include "queue/pool.h"
#include "queue/runner.h"
#include "queue/watch.h"

struct round_route {
    struct route route;
    int64_t next_s;  /* not before that; 0: at once */
    bool closed;     /* not again in this run */
    bool paced;      /* next_s is because of `rate` */
    bool passing;    /* in trouble: only those whose time may be over still go to the worker */
    unsigned deaths; /* workers that died, in a row */
};

struct round { /* stays where it is */
    const struct runner_setup *setup;
    const struct spool *spool;
    struct watch *watch;
    struct notice notice;
    struct schedule schedule;
    pool_leave *leave; /* what a worker gives up */
    void *context;

    struct arena arena; /* of the routes */
    struct round_route *routes;
    size_t n_routes, room;
    struct agenda agenda;
    struct pool pool;
    struct runner_totals totals;

    bool look;          /* something may have come into new/ */
    bool look_all;      /* defer/ is to be read as well */
    int64_t look_at;    /* clock_ms() of the next look while somebody is at work */
    int64_t stamped_at; /* clock_ms() */
    bool ending;        /* what waits, waits for another round */
    bool replan;        /* the lines are not right any more */
    int64_t busy_until; /* clock_ms(): how long to look after those that were busy */
    bool busy;          /* we do so now */
    int64_t kill_at;    /* clock_ms(): when workers that do not stop are killed */
    int stop;           /* TERM or INT has come */
    bool hangup;        /* HUP has come */
    bool failed;        /* `problem` says why nothing more is sent */
    struct err problem;
};

void round_init(struct round *r, const struct runner_setup *setup, const struct spool *spool,
                struct watch *watch);
void round_done(struct round *r);

/* Forgets what it knows: the next round reads all again. The routes stay while a worker rests. */
void round_forget(struct round *r);

/* Between two rounds: waits for news at most until then, and takes it up; lets workers go that have
 * rested long enough. */
void round_rest(struct round *r, struct deadline until);

/* Lets all workers go, and sees them off. */
void round_end(struct round *r);

/* Works. 0 when nothing can be done now, or a signal says so; -1: ERR_TEMPORARY, ERR_SYSTEM. */
int round_work(struct round *r, struct err *e) MUST_USE;

/* When something is due again, seconds since 1970; INT64_MAX if nothing waits. */
int64_t round_next(const struct round *r);

/* Its parts. */

/* Reads the folders, and the heads of messages that are not known yet. */
int round_look(struct round *r, struct err *e) MUST_USE;

/* Whose turn it is; what will not be sent soon leaves new/. */
void round_plan(struct round *r);

/* The routes are as their accounts stand now. */
void round_reopen(struct round *r);

/* May this route be used now? */
bool round_may_send(const struct round *r, const struct round_route *route);

/* It is in trouble until `next_s`: only those whose time may be over still pass. */
void round_close_route(struct round *r, uint32_t route, int64_t next_s);

/* Somebody else has it: it is looked after for a while. */
void round_put_off(struct round *r, struct agenda_item *item);

/* A worker has died with it: moved to defer/. If it is to blame, or may have been delivered, that
 * counts as an attempt, so that a message that kills workers does not come first for ever. */
void round_shelve(struct round *r, struct agenda_item *item, bool blamed);

/* Two in a row close the route. */
void round_count_death(struct round *r, uint32_t route);

#endif
