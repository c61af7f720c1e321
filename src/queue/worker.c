#include "queue/worker.h"

#include "base/sig.h"
#include "queue/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

struct worker_job worker_job_of(const struct queue_id *id, enum folder folder)
{
    struct worker_job job;
    memset(&job, 0, sizeof job);
    job.id = *id;
    job.folder = folder;
    return job;
}

/* 1; 0 when there is none now; -1 when the runner has let us go, or is dead. */
static int next_job(int fd, bool wait, struct worker_job *ret)
{
    ssize_t got;
    do
        got = recv(fd, ret, sizeof *ret, wait ? 0 : MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    return got == (ssize_t)sizeof *ret ? 1 : -1;
}

static bool send_report(int fd, const struct worker_report *r)
{
    ssize_t sent;
    do
        sent = send(fd, r, sizeof *r, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *r;
}

struct worker {
    int fd;
    struct carrier carrier;
    struct flight flight;
    bool ending; /* no more jobs are taken */
    int status;
};

/* What became of one message. */
static void finish(struct worker *w, struct sortie *s)
{
    struct worker_report *said = &s->attempt.report;
    if (said->result == WORKER_LATER && !said->next_s)
        w->status = EX_IOERR;
    bool heard = send_report(w->fd, said);
    w->ending |= w->status != EX_OK || !heard;
    w->flight.grounded = w->status != EX_OK;
    attempt_done(&s->attempt);
    free(s);
}

/* Waits for a job too, if there should be one. */
static void go_on(struct worker *w, bool listens)
{
    struct sortie *s = flight_go_on(&w->flight, listens ? w->fd : -1);
    if (s)
        finish(w, s);
}

/* What cannot go with the others goes when one of them has landed, or all have. */
static void take_on(struct worker *w, const struct worker_job *job)
{
    struct sortie *s = mem_new(1, sizeof *s);
    if (flight_is_empty(&w->flight))
        carrier_wake(&w->carrier);
    if (!attempt_begin(&s->attempt, &w->carrier, job)) {
        finish(w, s);
        return;
    }
    while (!flight_add(&w->flight, s)) {
        if (flight_is_empty(&w->flight)) {
            flight_send_alone(&w->flight, s);
            finish(w, s);
            return;
        }
        go_on(w, false);
    }
}

static bool may_take(struct worker *w)
{
    return !w->ending && !sig_caught() && flight_is_ready(&w->flight);
}

int worker_run(const struct worker_setup *setup, int fd)
{
    struct worker w = { .fd = fd, .status = EX_OK };
    struct worker_job job;
    carrier_init(&w.carrier, setup);
    flight_init(&w.flight, &w.carrier);
    for (;;) {
        bool idle = flight_is_empty(&w.flight);
        if (idle)
            sig_release(); /* the end of data has held them up */
        bool ready = may_take(&w);
        int got = ready ? next_job(fd, idle, &job) : 0;
        w.ending |= got < 0;
        if (got > 0)
            take_on(&w, &job);
        else if (!idle)
            go_on(&w, ready && !got);
        else if (w.ending)
            break;
    }
    carrier_done(&w.carrier);
    return w.status;
}
