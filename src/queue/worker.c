#include "queue/worker.h"

#include "base/sig.h"
#include "queue/attempt.h"

#include <errno.h>
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

/* 1; 0 when the runner has let us go, or is dead. */
static int next_job(int fd, struct worker_job *ret)
{
    ssize_t got;
    do
        got = recv(fd, ret, sizeof *ret, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *ret;
}

static bool report(int fd, const struct worker_report *r)
{
    ssize_t sent;
    do
        sent = send(fd, r, sizeof *r, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *r;
}

int worker_run(const struct worker_setup *setup, int fd)
{
    struct carrier carrier;
    struct worker_job job;
    int status = EX_OK;
    carrier_init(&carrier, setup);
    while (status == EX_OK && next_job(fd, &job)) {
        struct worker_report said;
        carrier_wake(&carrier);
        attempt(&carrier, &job, &said);
        if (said.result == WORKER_LATER && !said.next_s)
            status = EX_IOERR;
        if (!report(fd, &said))
            break;
        sig_release(); /* the end of data has held them up */
    }
    carrier_done(&carrier);
    return status;
}
