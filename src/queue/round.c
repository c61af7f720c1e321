#include "queue/round.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* A round is a loop over these, in this order, until none of them has anything to do:
 *
 *   hear     signals, new mail, ends of workers
 *   take     reports: a message is done, deferred, held; a route is in trouble, or must wait
 *   look     if something may have come: read the folders, and the heads of what is new
 *   plan     if something has changed: whose turn it is; the rest of new/ moves to defer/
 *   hand out to each route that may be used one message at a time; a worker is started for it if
 *            there is none; one that finds nothing in its line is let go, or rests connected
 *   wait     for a descriptor, or for the time when a busy message or a paced route is due, or
 *            somebody has rested long enough
 *
 * A route:
 *
 *   open --trouble--> passing (old messages only) --line empty--> closed
 *   open --two workers dead in a row----------------------------> closed
 *   open --rate used up--> paced --time--> open
 *
 * Closed is for this run; while watching, until its account's next attempt (after deaths, for
 * DEATH_PAUSE_S).
 *
 * A signal to stop is handed on to the workers, which end as soon as their message allows it; then
 * so does the round. After HUP, and after a failure of the spool, nothing more is handed out. */

enum {
    BUSY_POLL_MS = 50,
    BUSY_AGAIN_S = 5,
    LOOK_LEAST_MS = 5, /* between two looks while somebody is at work */
    LOOK_MOST_MS = 100,
    LOOK_SHARE = 10, /* one of so many parts of the time goes into looking */
    STAMP_MS = 60 * 1000,
    PACE_WAIT_S = 60,     /* so long a run stays for the sake of `rate` */
    BLIND_POLL_MS = 5000, /* without inotify */
    STOP_MS = 30 * 1000,
    STOP_POLL_MS = 1000,
};

void round_init(struct round *r, const struct runner_setup *setup, const struct spool *spool,
                struct watch *watch)
{
    const struct queue_opts *opts = &setup->config->queue;
    *r = (struct round){ .setup = setup,
                         .spool = spool,
                         .watch = watch,
                         .notice = { setup->name, setup->verbose, setup->config->log.json },
                         .schedule = { opts->retry_s, opts->retry_n } };
    round_forget(r);
}

void round_forget(struct round *r)
{
    agenda_done(&r->agenda);
    r->look = r->look_all = true;
    if (r->pool.n) {
        round_reopen(r);
        return;
    }
    arena_done(&r->arena);
    r->routes = NULL;
    r->n_routes = r->room = 0;
}

void round_done(struct round *r)
{
    agenda_done(&r->agenda);
    arena_done(&r->arena);
    err_done(&r->problem);
}

static bool is_leaving(const struct round *r)
{
    return r->stop || r->hangup || r->failed;
}

/* Reports. */

static void fail(struct round *r, const char *what)
{
    if (!r->failed)
        err_set(&r->problem, ERR_TEMPORARY, "%s", what);
    r->failed = true;
}

/* Tried, and still there: while watching its time decides, else once is enough. */
static void put_back(const struct round *r, struct agenda_item *item, int64_t next_s)
{
    item->folder = FOLDER_DEFER;
    item->next_s = next_s;
    item->state = r->setup->mode == RUNNER_WATCH ? AGENDA_WAITING : AGENDA_TRIED;
}

static void take_later(struct round *r, struct agenda_item *item, int64_t next_s)
{
    struct round_route *route = &r->routes[item->route];
    item->state = AGENDA_WAITING;
    route->paced = true;
    route->next_s = next_s;
    r->replan = true;
    if (!next_s)
        fail(r, "the spool cannot be written");
}

/* So that `check` can tell a long round from one that has come to a stop. */
static void show_progress(struct round *r)
{
    int64_t now = clock_ms();
    if (r->stamped_at && now - r->stamped_at < STAMP_MS)
        return;
    r->stamped_at = now;
    spool_stamp(r->spool);
}

static void take_report(struct round *r, uint32_t route, const struct worker_report *said)
{
    struct agenda_item *item = agenda_find(&r->agenda, &said->id);
    r->routes[route].deaths = 0;
    r->look |= r->watch->mail < 0; /* it may have made a bounce */
    show_progress(r);
    if (!item)
        return;
    switch (said->result) {
    case WORKER_DONE:
        item->state = AGENDA_GONE;
        r->totals.done++;
        break;
    case WORKER_HELD:
        item->state = AGENDA_GONE;
        r->totals.held++;
        break;
    case WORKER_DEFERRED:
        put_back(r, item, said->next_s);
        r->totals.deferred++;
        break;
    case WORKER_TROUBLE:
        put_back(r, item, said->next_s);
        if (!r->routes[route].passing)
            round_close_route(r, route, said->next_s);
        break;
    case WORKER_GONE: item->state = AGENDA_GONE; break;
    case WORKER_BUSY: round_put_off(r, item); break;
    case WORKER_LATER: take_later(r, item, said->next_s); break;
    }
}

static void listen_to(struct round *r, struct pool_worker *w)
{
    struct worker_report said;
    int got = 0;
    while (w->fd >= 0 && (got = pool_receive(w, &said)) > 0)
        take_report(r, w->route, &said);
    if (got < 0)
        pool_dismiss(w);
}

/* Ends of workers. */

static void tell_of_death(const struct round *r, const struct pool_worker *w, int status)
{
    const char *id = w->jobs[0].id.text;
    if (WIFSIGNALED(status))
        notice_tell(&r->notice, NULL, "%s: its process was ended by signal %d; the message waits",
                    id, WTERMSIG(status));
    else
        notice_tell(&r->notice, NULL, "%s: its process ended with status %d; the message waits", id,
                    WEXITSTATUS(status));
}

/* The oldest is what it was at, and may be what has killed it. */
static void mourn(struct round *r, const struct pool_worker *w, int status)
{
    for (size_t i = 0; i < w->n_jobs; i++) {
        struct agenda_item *item = agenda_find(&r->agenda, &w->jobs[i].id);
        if (!item)
            continue;
        item->state = AGENDA_WAITING;
        if (!is_leaving(r))
            round_shelve(r, item, i == 0);
    }
    r->replan = true;
    if (is_leaving(r))
        return;
    tell_of_death(r, w, status);
    round_count_death(r, w->route);
}

static void reap(struct round *r)
{
    struct pool_worker *w;
    int status = 0;
    while ((w = pool_reap(&r->pool, &status)) != NULL) {
        listen_to(r, w);
        if (w->n_jobs)
            mourn(r, w, status);
        pool_forget(&r->pool, w);
    }
}

/* Signals. */

static void stop_workers(struct round *r, int number)
{
    r->stop = number;
    r->kill_at = clock_ms() + STOP_MS;
    pool_signal(&r->pool, SIGTERM);
}

static void hear(struct round *r)
{
    struct watch_news news = watch_news(r->watch);
    bool watching = r->setup->mode == RUNNER_WATCH;
    r->look |= news.mail;
    if (news.hangup && watching)
        r->hangup = true;
    else if (news.hangup && !news.stop)
        news.stop = SIGHUP;
    if (news.stop && !r->stop)
        stop_workers(r, news.stop);
    if (r->stop && clock_ms() >= r->kill_at)
        pool_signal(&r->pool, SIGKILL);
}

/* Is the pause that `rate` wants short enough to stay for? */
static bool is_paced_soon(const struct round_route *route)
{
    return route->paced && route->next_s - time(NULL) <= PACE_WAIT_S;
}

/* Handing out. */

static struct pool_worker *start_worker(struct round *r, uint32_t route)
{
    ERR e = { 0 };
    struct pool_start start = { .setup = { .spool = r->spool,
                                           .route = &r->routes[route].route,
                                           .opts = &r->setup->config->queue,
                                           .ident = r->setup->ident,
                                           .config = r->setup->settled ? r->setup->config : NULL,
                                           .notice = r->notice,
                                           .all = r->setup->mode == RUNNER_ALL },
                                .route = route,
                                .leave = r->leave,
                                .context = r->context };
    struct pool_worker *w = pool_start(&r->pool, &start, &e);
    if (!w && !r->pool.n && !r->failed) {
        r->failed = true;
        err_move(&r->problem, &e);
    }
    return w;
}

static void hand_over(struct pool_worker *w, struct agenda_item *item)
{
    struct worker_job job = worker_job_of(&item->id, (enum folder)item->folder);
    item->state = AGENDA_SENDING;
    if (!pool_send(w, &job))
        pool_dismiss(w); /* it has died, and is missed when it is reaped */
}

/* Nothing to do for it now. It keeps its connection for a while if that may be of use. */
static void lay_off(struct round *r, struct pool_worker *w, const struct round_route *route)
{
    bool rests = r->setup->mode == RUNNER_WATCH && r->setup->idle_ms > 0 && !is_leaving(r) &&
                 !route->passing && round_may_send(r, route);
    if (rests && !w->idle_until)
        w->idle_until = clock_ms() + r->setup->idle_ms;
    if (!rests || w->idle_until <= clock_ms())
        pool_dismiss(w);
}

/* The place of one that rests is free when it has left. */
static struct pool_worker *hire(struct round *r, uint32_t route)
{
    if (r->pool.n < POOL_MAX)
        return start_worker(r, route);
    struct pool_worker *idlest = pool_idlest(&r->pool);
    if (idlest)
        pool_dismiss(idlest);
    return NULL;
}

/* So that the next ones need not wait for the reports of those before. After a death, and for a
 * route in trouble, one at a time. */
static void hand_more(struct round *r, struct pool_worker *w, uint32_t number)
{
    const struct round_route *route = &r->routes[number];
    if (is_leaving(r) || route->deaths || route->passing || !round_may_send(r, route))
        return;
    while (w->fd >= 0 && w->n_jobs < WORKER_JOBS && agenda_has(&r->agenda, number))
        hand_over(w, agenda_take(&r->agenda, number));
}

static void serve(struct round *r, uint32_t number)
{
    struct round_route *route = &r->routes[number];
    struct pool_worker *w = pool_find(&r->pool, number);
    bool wanted = !is_leaving(r) && agenda_has(&r->agenda, number);
    if (w && w->n_jobs) {
        hand_more(r, w, number);
        return;
    }
    if (!wanted)
        route->passing = false;
    if (!wanted || !round_may_send(r, route)) {
        if (w && !r->busy && !(wanted && is_paced_soon(route)))
            lay_off(r, w, route);
        return;
    }
    if (!w)
        w = hire(r, number);
    route->paced = false;
    if (w) {
        hand_over(w, agenda_take(&r->agenda, number));
        hand_more(r, w, number);
    }
}

/* With more routes than workers the later ones wait until a worker has emptied its line. */
static void hand_out(struct round *r)
{
    for (uint32_t i = 0; i < r->n_routes; i++)
        serve(r, i);
}

/* What comes while others are sent joins them at once; but where looking takes long, because there
 * is much, not piece by piece. */
static void look_later(struct round *r, int64_t begun)
{
    int64_t now = clock_ms(), pause = (now - begun) * LOOK_SHARE;
    pause = pause < LOOK_LEAST_MS ? LOOK_LEAST_MS : pause;
    r->look_at = now + (pause > LOOK_MOST_MS ? LOOK_MOST_MS : pause);
}

static bool look_is_due(const struct round *r)
{
    bool at_work = false;
    for (size_t i = 0; i < POOL_MAX; i++)
        at_work |= r->pool.workers[i].n_jobs > 0;
    return r->look && !is_leaving(r) && (!at_work || clock_ms() >= r->look_at);
}

/* Waiting. */

static int64_t look_left(const struct round *r)
{
    int64_t left = r->look_at - clock_ms();
    return left < 0 ? 0 : left;
}

static bool has_paced(const struct round *r, int64_t *wait_ms)
{
    int64_t now = time(NULL);
    bool found = false;
    for (size_t i = 0; i < r->n_routes && !is_leaving(r); i++) {
        const struct round_route *route = &r->routes[i];
        int64_t left = route->next_s - now;
        if (!is_paced_soon(route) || !agenda_has(&r->agenda, (uint32_t)i))
            continue;
        if (!found || left * 1000 < *wait_ms)
            *wait_ms = left > 0 ? left * 1000 : 0;
        found = true;
    }
    return found;
}

static bool is_waiting_for_busy(const struct round *r)
{
    return !is_leaving(r) && clock_ms() < r->busy_until && agenda_count(&r->agenda, AGENDA_BUSY);
}

/* Until somebody has rested long enough; -1 if nobody rests. */
static int64_t rest_left(struct round *r)
{
    const struct pool_worker *w = pool_idlest(&r->pool);
    int64_t left = w ? w->idle_until - clock_ms() : -1;
    return w && left < 0 ? 0 : left;
}

static int timeout(struct round *r)
{
    int64_t wait = rest_left(r), paced = 0;
    if (r->watch->mail < 0 && (wait < 0 || BLIND_POLL_MS < wait))
        wait = BLIND_POLL_MS;
    if (has_paced(r, &paced) && (wait < 0 || paced < wait))
        wait = paced;
    if (r->busy && (wait < 0 || BUSY_POLL_MS < wait))
        wait = BUSY_POLL_MS;
    if (r->stop)
        wait = STOP_POLL_MS;
    if (r->look && !is_leaving(r))
        wait = look_is_due(r) ? 0 : look_left(r);
    return (int)wait;
}

static void wait_for_news(struct round *r, int timeout_ms)
{
    struct pollfd list[POOL_MAX + WATCH_OWN];
    struct pool_worker *who[POOL_MAX];
    size_t n = 0;
    for (size_t i = 0; i < POOL_MAX; i++) {
        struct pool_worker *w = &r->pool.workers[i];
        if (!w->pid || w->fd < 0)
            continue;
        who[n] = w;
        list[n++] = (struct pollfd){ .fd = w->fd, .events = POLLIN };
    }
    watch_wait(r->watch, list, n, timeout_ms);
    for (size_t i = 0; i < n; i++)
        if (list[i].revents)
            listen_to(r, who[i]);
}

/* Those that somebody else had may be free by now. */
static void look_after_busy(struct round *r)
{
    if (!r->busy)
        return;
    for (size_t i = 0; i < r->agenda.n; i++)
        if (r->agenda.items[i].state == AGENDA_BUSY)
            r->agenda.items[i].state = AGENDA_WAITING;
    r->replan = true;
}

/* Nobody is at work, and nothing is to be waited for. */
static bool is_over(struct round *r)
{
    int64_t unused;
    if (pool_is_busy(&r->pool) || (r->look && !is_leaving(r)))
        return false;
    return !has_paced(r, &unused) && !r->busy;
}

/* While we looked. Nobody is at work any more, so that no end of a worker can be missed here. */
static bool nothing_came(struct round *r)
{
    hear(r);
    return is_over(r);
}

static void refresh(struct round *r)
{
    ERR e = { 0 };
    int64_t begun = clock_ms();
    bool looks = look_is_due(r);
    if (looks && round_look(r, &e) < 0) {
        r->look = false;
        r->failed = true;
        err_move(&r->problem, &e);
    }
    if (r->replan)
        round_plan(r);
    if (looks)
        look_later(r, begun);
}

int round_work(struct round *r, struct err *e)
{
    r->look = true;
    r->ending = false;
    for (;;) {
        hear(r);
        reap(r);
        refresh(r);
        r->busy = is_waiting_for_busy(r);
        hand_out(r);
        if (is_over(r) && nothing_came(r))
            break;
        wait_for_news(r, timeout(r));
        look_after_busy(r);
    }
    r->ending = true;
    round_plan(r);
    r->totals.left = agenda_left(&r->agenda) - agenda_count(&r->agenda, AGENDA_ASIDE);
    if (!r->failed)
        return 0;
    err_move(e, &r->problem);
    return -1;
}

/* Between rounds, and after the last one. */

void round_rest(struct round *r, struct deadline until)
{
    r->look = false;
    while (!r->look && !is_leaving(r) && !deadline_passed(until)) {
        int64_t wait = deadline_left(until), rest = rest_left(r);
        wait_for_news(r, (int)(rest >= 0 && rest < wait ? rest : wait));
        hear(r);
        reap(r);
        struct pool_worker *w = pool_idlest(&r->pool);
        if (w && w->idle_until <= clock_ms())
            pool_dismiss(w);
    }
}

void round_end(struct round *r)
{
    for (size_t i = 0; i < POOL_MAX; i++)
        if (r->pool.workers[i].pid)
            pool_dismiss(&r->pool.workers[i]);
    for (;;) {
        hear(r);
        reap(r);
        if (!r->pool.n)
            return;
        wait_for_news(r, r->stop ? STOP_POLL_MS : -1);
    }
}

int64_t round_next(const struct round *r)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < r->agenda.n; i++) {
        const struct agenda_item *item = &r->agenda.items[i];
        if (item->state != AGENDA_WAITING && item->state != AGENDA_BUSY)
            continue;
        int64_t route = r->routes[item->route].next_s;
        int64_t at = item->next_s > route ? item->next_s : route;
        if (item->state == AGENDA_BUSY)
            at = time(NULL) + BUSY_AGAIN_S;
        if (at < next)
            next = at;
    }
    return next;
}
