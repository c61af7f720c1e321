#include "queue/retry.h"

#include "base/sig.h"

#include <time.h>

enum {
    FIRST_PAUSE_MS = 20,
    LAST_PAUSE_MS = 500,
};

struct patience patience_begin(void)
{
    return (struct patience){ deadline_in(RETRY_MS), deadline_in(RETRY_AWAY_MS), FIRST_PAUSE_MS };
}

static bool wait_a_little(struct patience *p, struct deadline end)
{
    struct timespec pause = { .tv_nsec = p->pause_ms * 1000000 };
    if (deadline_passed(end) || sig_caught())
        return false;
    nanosleep(&pause, NULL);
    p->pause_ms = p->pause_ms < LAST_PAUSE_MS / 2 ? 2 * p->pause_ms : LAST_PAUSE_MS;
    return !sig_caught();
}

/* ---- what an attempt has come to ---- */

static bool has_begun(const struct delivery *d)
{
    return d->session.result == VERDICT_PENDING;
}

static bool is_away(const struct delivery *d)
{
    return !has_begun(d) && d->session.err.kind == ERR_CONNECT;
}

static bool is_turned_away(const struct delivery *d)
{
    const struct err *e = &d->session.err;
    return !has_begun(d) && (e->code == 421 || e->kind == ERR_CLOSED || e->kind == ERR_CONNECT);
}

static bool is_lost(const struct verdict *v)
{
    return v->result == VERDICT_AMBIGUOUS ||
           (v->result == VERDICT_FAILED && v->err.kind == ERR_CLOSED);
}

static bool has_lost(const struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (is_lost(&d->verdicts[i]))
            return true;
    return false;
}

/* A message whose end was left open may be there: only an answer to its end says more of it. */
static bool tells_more(const struct verdict *known, const struct verdict *v)
{
    return is_lost(known) && (known->result == VERDICT_FAILED || v->stage == STAGE_END);
}

static void take_over(struct delivery *to, const struct delivery *from)
{
    for (size_t i = 0; i < to->n && i < from->n; i++)
        if (tells_more(&to->verdicts[i], &from->verdicts[i]))
            verdict_copy(&to->verdicts[i], &from->verdicts[i]);
}

/* ---- the attempts ---- */

bool patience_again(struct patience *p, const struct delivery *d)
{
    return is_turned_away(d) && wait_a_little(p, is_away(d) ? p->away_end : p->end);
}

/* Until a message is begun, or nothing is to be hoped for. */
static void begin(const struct retry *r, struct delivery *ret)
{
    struct patience p = patience_begin();
    r->once(r->context, ret);
    while (patience_again(&p, ret)) {
        delivery_done(ret);
        r->once(r->context, ret);
    }
}

/* How often it was given: 1, 0 when it could not be for now, -1 when it cannot be at all. */
static int give_again(const struct retry *r, struct delivery *ret)
{
    struct delivery again;
    r->once(r->context, &again);
    int given = has_begun(&again) ? 1 : is_turned_away(&again) ? 0 : -1;
    if (given > 0)
        take_over(ret, &again);
    delivery_done(&again);
    return given;
}

/* Wherever the service is by now: it may have the message. */
void retry_deliver(const struct retry *r, struct delivery *ret)
{
    begin(r, ret);
    struct patience p = patience_begin();
    int gifts = has_begun(ret) && r->nonce ? 1 : RETRY_GIFTS;
    while (gifts < RETRY_GIFTS && has_lost(ret) && wait_a_little(&p, p.end)) {
        int given = give_again(r, ret);
        gifts = given < 0 ? RETRY_GIFTS : gifts + given;
    }
}
