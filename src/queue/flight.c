#include "queue/flight.h"

#include "base/sig.h"

#include <stddef.h>
#include <sys/resource.h>

enum {
    DESCRIPTORS = 24,     /* for all but the messages */
    DESCRIPTORS_EACH = 2, /* the item's, and its body's */
};

static size_t most_messages(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= DESCRIPTORS)
        return 0;
    rlim_t n = (limit.rlim_cur - DESCRIPTORS) / DESCRIPTORS_EACH;
    return n < PIPELINE_MESSAGES ? (size_t)n : PIPELINE_MESSAGES;
}

void flight_init(struct flight *f, struct carrier *c)
{
    *f = (struct flight){ .carrier = c, .most = most_messages() };
}

bool flight_is_empty(const struct flight *f)
{
    return !f->first && !f->again;
}

static void append(struct sortie **first, struct sortie **last, struct sortie *s)
{
    s->behind = NULL;
    if (*first)
        (*last)->behind = s;
    else
        *first = s;
    *last = s;
}

static struct sortie *take_first(struct sortie **first)
{
    struct sortie *s = *first;
    *first = s->behind;
    return s;
}

static bool may_add(struct flight *f, const struct attempt *a)
{
    struct carrier *c = f->carrier;
    if (f->again || f->grounded || f->pipeline.sending || a->item.entry.state.ambiguous ||
        !carrier_may_fly(c))
        return false;
    if (!f->first)
        pipeline_begin(&f->pipeline, &c->connection.client);
    return f->pipeline.n < f->most && pipeline_takes(&f->pipeline, &a->envelope, &a->stored);
}

bool flight_add(struct flight *f, struct sortie *s)
{
    struct attempt *a = &s->attempt;
    struct client *client = &f->carrier->connection.client;
    if (!may_add(f, a))
        return false;
    f->carrier->flying = true;
    f->landed = false;
    append(&f->first, &f->last, s);
    delivery_grow(&a->delivery, a->envelope.n_rcpts);
    a->delivery.reused = true;
    client->intent = attempt_cargo(a).intent;
    client->times = (struct client_times){ 0 };
    pipeline_send(&f->pipeline, &s->transfer, &a->envelope, &a->stored, a->delivery.verdicts);
    a->marked = true; /* now, or when it goes on */
    return true;
}

/* The oldest has its verdicts. */
static struct sortie *take_oldest(struct flight *f)
{
    struct sortie *s = take_first(&f->first);
    struct delivery *d = &s->attempt.delivery;
    delivery_note(d, &f->carrier->connection.client);
    d->times.transfer_ms = clock_ms() - s->transfer.begun_ms;
    pipeline_end(&f->pipeline, &s->transfer);
    return s;
}

/* NULL: it is to be sent again. */
static struct sortie *settle_oldest(struct flight *f)
{
    struct sortie *s = take_oldest(f);
    struct delivery *d = &s->attempt.delivery;
    f->landed = true;
    bool broken = f->carrier->connection.client.broken;
    if (broken && carrier_is_worth_repeating(d)) {
        append(&f->again, &f->again_to, s);
        s = NULL;
    } else {
        delivery_explain(d);
        carrier_judge(f->carrier, d);
        attempt_settle(&s->attempt);
    }
    if (!f->first)
        carrier_land(f->carrier);
    return s;
}

void flight_send_alone(struct flight *f, struct sortie *s)
{
    delivery_done(&s->attempt.delivery);
    if (f->grounded || sig_caught())
        attempt_put_back(&s->attempt);
    else
        attempt_send(&s->attempt);
}

/* Over a new connection. */
static struct sortie *send_again(struct flight *f)
{
    struct sortie *s = take_first(&f->again);
    flight_send_alone(f, s);
    return s;
}

bool flight_is_ready(struct flight *f)
{
    if (f->again)
        return false;
    if (f->first)
        pipeline_hear(&f->pipeline);
    return !f->first || f->landed || !transfer_is_over(&f->first->transfer);
}

/* The only one has yet to leave. */
static bool is_nothing_at_stake(const struct flight *f)
{
    return f->pipeline.sending == &f->first->transfer &&
           f->first->transfer.txn.phase != TXN_PHASE_END;
}

struct sortie *flight_go_on(struct flight *f, int other)
{
    if (!f->first)
        return send_again(f);
    if (transfer_is_over(&f->first->transfer))
        return settle_oldest(f);
    if (is_nothing_at_stake(f))
        sig_release();
    if (other < 0 || !pipeline_listen(&f->pipeline, other))
        pipeline_wait(&f->pipeline);
    return NULL;
}
