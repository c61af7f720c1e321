/* postbag queue run, sendmail -q: the queue's runner. */
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/queue.h"
#include "cmd/say.h"

#include <signal.h>
#include <stdlib.h>

/* While watching, HUP asks for a new configuration; one with a mistake changes nothing. */
static void reload(const struct options *o, struct queue **q)
{
    ERR e = { 0 };
    struct queue *fresh = mem_new(1, sizeof *fresh), *rest = fresh;
    if (queue_load(o, fresh, &e) == 0) {
        rest = *q;
        *q = fresh;
    } else {
        say_error(o->name, &e);
        say(o->name, "the old configuration stays in use");
    }
    queue_close(rest);
    free(rest);
}

static int run_once(const struct options *o, struct queue *q, struct runner_totals *totals,
                    struct err *e)
{
    struct runner_setup setup = { .spool = q->path,
                                  .config = &q->config,
                                  .ident = &q->ident,
                                  .mode = o->run,
                                  .name = o->name,
                                  .verbose = o->verbose };
    *totals = (struct runner_totals){ 0 };
    if (!q->path && o->run != RUNNER_WATCH)
        return 0; /* who cannot keep anything has kept nothing */
    if (!q->path) {
        err_copy(e, &q->no_path);
        return -1;
    }
    config_start_log(&q->config, o->name);
    int done = runner_run(&setup, totals, e);
    if (o->verbose && log_problem())
        say(o->name, "log: %s", log_problem());
    log_done();
    return done;
}

/* The sendmail door does not say what is left: cron would mail each line. */
static int status_of(const struct options *o, const struct runner_totals *totals)
{
    if (o->run != RUNNER_ALL || o->door != DOOR_POSTBAG || !totals->left)
        return 0;
    say(o->name, "%zu %s; see postbag queue list", totals->left,
        totals->left == 1 ? "message is left" : "messages are left");
    return exit_default.tempfail;
}

static int run(const struct options *o, struct queue **q, struct err *e)
{
    struct runner_totals totals;
    int done;
    if (queue_load(o, *q, e) < 0)
        return -1;
    while ((done = run_once(o, *q, &totals, e)) == 0 && totals.hangup)
        reload(o, q);
    if (done < 0)
        return -1;
    if (totals.stop && o->run != RUNNER_WATCH)
        raise(totals.stop); /* as it would have been without anything to tidy up */
    return status_of(o, &totals);
}

int cmd_queue_run(const struct options *o)
{
    ERR e = { 0 };
    struct queue *q = mem_new(1, sizeof *q);
    int status = run(o, &q, &e);
    if (status < 0) {
        say_error(o->name, &e);
        status = exit_of_error(&exit_default, &e, STAGE_NONE);
    }
    queue_close(q);
    free(q);
    return status;
}
