#include "queue/runner.h"

#include "base/io.h"
#include "queue/round.h"
#include "queue/standing.h"
#include "queue/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Once (all, or what is due):
 *
 *   open the spool --> wait for our turn --> sweep, stamp --> one round --> end
 *
 * Watching:
 *
 *   --> try to have our turn --ours--> stamp, round, give the turn back --+
 *   |     | somebody else's: again in a second                            |
 *   |     v                                                               v
 *   +-- wait for new mail, a signal, the next message's time, at most WATCH_MS
 *
 * After a wait that new mail has ended what is known of the queue is used on, and only new/ is
 * read; after any other all is read again. */

enum {
    WATCH_MS = 5 * 60 * 1000,
    TURN_MS = 1000,
    BLIND_MS = 5000, /* without inotify */
};

struct runner {
    const struct runner_setup *setup;
    struct spool spool;
    struct turn turn;
    struct watch watch;
    struct round round;
    int64_t swept_at; /* clock_ms() */
};

/* A worker has nothing to do with these. A lock that it inherited would outlive a dead runner. */
static void leave(void *context)
{
    struct runner *r = context;
    turn_close(&r->turn);
    watch_leave(&r->watch);
}

static void start_round(struct runner *r)
{
    round_init(&r->round, r->setup, &r->spool, &r->watch);
    r->round.leave = leave;
    r->round.context = r;
}

/* Not for each message that comes while watching. */
static void sweep(struct runner *r)
{
    int64_t now = clock_ms();
    if (r->swept_at && now < r->swept_at + WATCH_MS)
        return;
    r->swept_at = now;
    spool_sweep(&r->spool);
}

static int work(struct runner *r, struct err *e)
{
    sweep(r);
    spool_stamp(&r->spool);
    return round_work(&r->round, e);
}

static int work_once(struct runner *r, struct err *e)
{
    int ours = turn_wait(&r->turn, &r->spool, e);
    if (ours <= 0)
        return ours;
    if (watch_open(&r->watch, &r->spool, e) < 0)
        return -1;
    start_round(r);
    return work(r, e);
}

/* Watching. */

static int work_if_ours(struct runner *r, int *timeout_ms, struct err *e)
{
    int ours = turn_try(&r->turn, e);
    *timeout_ms = TURN_MS;
    if (ours <= 0)
        return ours;
    int done = work(r, e);
    turn_end(&r->turn);
    int64_t next = round_next(&r->round), now = time(NULL);
    *timeout_ms = WATCH_MS;
    if (next < now + WATCH_MS / 1000)
        *timeout_ms = next > now ? (int)(next - now) * 1000 : TURN_MS;
    if (r->watch.mail < 0 && *timeout_ms > BLIND_MS)
        *timeout_ms = BLIND_MS;
    return done;
}

/* A spool that fails now may work later. */
static void tell(const struct runner *r, struct err *e)
{
    if (e->kind)
        notice_tell(&r->round.notice, e->hint, "%s", e->text);
    err_done(e);
}

/* Does the spool's path lead to another folder now: removed and made again, or mounted over? Where
 * there is none nothing is missed yet. */
static bool was_replaced(const struct runner *r)
{
    struct stat ours, named;
    return fstat(r->spool.root, &ours) == 0 && stat(r->setup->spool, &named) == 0 &&
           !io_is_same(&ours, &named);
}

/* Without new/ nothing wakes us. */
static bool is_blind(const struct runner *r)
{
    return faccessat(r->spool.root, folder_name(FOLDER_NEW), F_OK, AT_SYMLINK_NOFOLLOW) < 0;
}

static void watch(struct runner *r)
{
    struct round *round = &r->round;
    bool replaced = false;
    while (!round->stop && !round->hangup && !replaced) {
        int timeout_ms;
        ERR e = { 0 };
        if (work_if_ours(r, &timeout_ms, &e) < 0)
            tell(r, &e);
        round->failed = false;
        if (round->stop || round->hangup)
            break;
        round_rest(round, deadline_in(is_blind(r) ? TURN_MS : timeout_ms));
        replaced = was_replaced(r);
        if (!round->look)
            round_forget(round);
    }
    round_end(round);
    if (round->hangup)
        standing_hasten(&r->spool);
    round->hangup |= replaced;
}

/* Whoever opened the spool before us may be about to make its folders: what is not there cannot be
 * watched. */
static int stay(struct runner *r, struct err *e)
{
    if (spool_make(r->setup->spool) < 0)
        errno = 0; /* what is missing is told when it is needed */
    if (watch_open(&r->watch, &r->spool, e) < 0)
        return -1;
    start_round(r);
    watch(r);
    return 0;
}

int runner_run(const struct runner_setup *setup, struct runner_totals *ret, struct err *e)
{
    struct runner r = { .setup = setup, .turn = { -1 }, .watch = { .signals = -1, .mail = -1 } };
    bool watching = setup->mode == RUNNER_WATCH;
    *ret = (struct runner_totals){ 0 };
    int done = spool_open(setup->spool, watching, &r.spool, e);
    if (done <= 0)
        return done;
    done = turn_open(&r.spool, &r.turn, e);
    if (done == 0)
        done = watching ? stay(&r, e) : work_once(&r, e);
    *ret = r.round.totals;
    ret->hangup = r.round.hangup;
    ret->stop = r.round.stop;
    round_done(&r.round);
    watch_close(&r.watch);
    turn_close(&r.turn);
    spool_close(&r.spool);
    return done;
}
