#include "queue/pool.h"

#include "base/io.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct pool_worker *free_place(struct pool *p)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (!p->workers[i].pid)
            return &p->workers[i];
    return NULL;
}

/* The other workers' ends must go, or they would never see theirs closed. */
static _Noreturn void be_worker(const struct pool *p, const struct pool_start *start, int fd)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (p->workers[i].pid && p->workers[i].fd >= 0)
            close(p->workers[i].fd);
    start->leave(start->context);
    _exit(worker_run(&start->setup, fd));
}

struct pool_worker *pool_start(struct pool *p, const struct pool_start *start, struct err *e)
{
    struct pool_worker *place = free_place(p);
    int pair[2];
    if (!place || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        err_system(e, ERR_SYSTEM, place ? errno : EAGAIN, "no worker can be started");
        return NULL;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        be_worker(p, start, pair[1]);
    }
    int errnum = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        err_system(e, ERR_SYSTEM, errnum, "no worker can be started");
        return NULL;
    }
    *place = (struct pool_worker){ .pid = pid, .fd = pair[0], .route = start->route };
    p->n++;
    return place;
}

struct pool_worker *pool_find(struct pool *p, uint32_t route)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (p->workers[i].pid && p->workers[i].fd >= 0 && p->workers[i].route == route)
            return &p->workers[i];
    return NULL;
}

static bool is_resting(const struct pool_worker *w)
{
    return w->pid && w->fd >= 0 && w->idle_until;
}

bool pool_is_busy(const struct pool *p)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (p->workers[i].pid && !is_resting(&p->workers[i]))
            return true;
    return false;
}

struct pool_worker *pool_idlest(struct pool *p)
{
    struct pool_worker *found = NULL;
    for (size_t i = 0; i < POOL_MAX; i++) {
        struct pool_worker *w = &p->workers[i];
        if (is_resting(w) && (!found || w->idle_until < found->idle_until))
            found = w;
    }
    return found;
}

bool pool_send(struct pool_worker *w, const struct worker_job *job)
{
    w->idle_until = 0;
    w->jobs[w->n_jobs++] = *job;
    ssize_t sent;
    do
        sent = send(w->fd, job, sizeof *job, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *job;
}

static void strike_off(struct pool_worker *w, const struct queue_id *id)
{
    for (size_t i = 0; i < w->n_jobs; i++) {
        if (strcmp(w->jobs[i].id.text, id->text))
            continue;
        w->n_jobs--;
        memmove(&w->jobs[i], &w->jobs[i + 1], (w->n_jobs - i) * sizeof *w->jobs);
        return;
    }
}

/* A worker that ends with jobs unread resets the connection: the kernel tells that once, and before
 * what he has said. */
int pool_receive(struct pool_worker *w, struct worker_report *ret)
{
    ssize_t got;
    do
        got = recv(w->fd, ret, sizeof *ret, MSG_DONTWAIT);
    while (got < 0 && errno == ECONNRESET);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got != (ssize_t)sizeof *ret)
        return -1;
    strike_off(w, &ret->id);
    return 1;
}

void pool_dismiss(struct pool_worker *w)
{
    io_close(&w->fd);
}

void pool_signal(const struct pool *p, int number)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (p->workers[i].pid)
            kill(p->workers[i].pid, number);
}

static bool has_ended(const struct pool_worker *w, int *status)
{
    pid_t ended;
    do
        ended = waitpid(w->pid, status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    return ended == w->pid;
}

struct pool_worker *pool_reap(struct pool *p, int *status)
{
    for (size_t i = 0; i < POOL_MAX; i++) {
        struct pool_worker *w = &p->workers[i];
        if (w->pid && has_ended(w, status))
            return w;
    }
    return NULL;
}

void pool_forget(struct pool *p, struct pool_worker *w)
{
    pool_dismiss(w);
    *w = (struct pool_worker){ .fd = -1 };
    p->n--;
}
