#include "smtp/pipeline.h"

#include "mail/wire.h"

void pipeline_begin(struct pipeline *p, struct client *c)
{
    *p = (struct pipeline){ .client = c };
}

/* Could all of them go in one transaction? */
static bool is_simple(const struct caps *caps, size_t n)
{
    return n == 1 ||
           (n <= TXN_RECIPIENTS && !caps->rcpt_max && !caps->rcpt_domain_max && !caps->mail_max);
}

bool pipeline_takes(const struct pipeline *p, const struct envelope *envelope,
                    const struct stored *stored)
{
    const struct client *c = p->client;
    ERR ignored = { 0 };
    uint64_t size = 0;
    if (p->n == PIPELINE_MESSAGES || c->broken || !transfer_may_pipeline(c) || client_is_spent(c) ||
        transfer_is_hurried(c) || !is_simple(&c->caps, envelope->n_rcpts))
        return false;
    return wire_size(stored, false, &size, &ignored) == 0 && p->octets + size <= PIPELINE_OCTETS;
}

/* The connection has failed, and with it all that is under way. */
static void break_off(struct pipeline *p, const struct err *why)
{
    p->client->broken = true;
    session_broken(&p->session, p->client->stage, why);
}

/* A message that cannot be read or marked. */
static bool is_own_failure(const struct err *e)
{
    return e->kind == ERR_IO || e->kind == ERR_TEMPORARY;
}

/* This machine has failed, not the server: those before get their verdicts first. */
static void hear_out(struct pipeline *p, const struct transfer *x, struct err *why)
{
    ERR lost = { 0 };
    int done = 0;
    while (done == 0 && session_oldest(&p->session) != &x->txn)
        done = transfer_read(p->client, &p->session, &lost);
    if (done < 0) {
        err_done(why);
        err_move(why, &lost);
    }
    p->client->stage = session_stage(&p->session);
}

static void go_on(struct pipeline *p)
{
    ERR e = { 0 };
    struct transfer *x = p->sending;
    int done = transfer_perform(x, true, &e);
    if (done <= 0)
        p->sending = NULL;
    if (done < 0 && is_own_failure(&e))
        hear_out(p, x, &e);
    if (done < 0)
        break_off(p, &e);
    transfer_note(x);
}

void pipeline_send(struct pipeline *p, struct transfer *x, const struct envelope *envelope,
                   const struct stored *stored, struct verdict *verdicts)
{
    ERR e = { 0 };
    *x = (struct transfer){
        .client = p->client, .session = &p->session, .stored = stored, .begun_ms = clock_ms()
    };
    if (transfer_prepare(x, envelope, verdicts, &e) < 0) {
        transfer_fail(envelope, STAGE_BODY, &e, verdicts);
        x->txn.phase = TXN_PHASE_DONE;
        x->session = NULL;
        p->n++;
        return;
    }
    p->octets += x->txn.message.size;
    if (p->session.txn)
        session_follow(&p->session, &x->txn);
    else
        transfer_begin(x);
    p->n++;
    p->sending = x;
    go_on(p);
}

bool transfer_is_over(const struct transfer *x)
{
    return x->txn.phase == TXN_PHASE_DONE;
}

void pipeline_hear(struct pipeline *p)
{
    ERR e = { 0 };
    if (p->client->broken || !p->session.n)
        return;
    stream_peek(p->client->stream);
    if (transfer_hear(p->client, &p->session, &e) < 0)
        break_off(p, &e);
}

bool pipeline_listen(const struct pipeline *p, int other)
{
    if (p->sending || p->client->broken || !p->session.n || !session_end_has_left(&p->session))
        return false;
    return transfer_listen(p->client, &p->session, other);
}

void pipeline_wait(struct pipeline *p)
{
    ERR e = { 0 };
    if (p->sending)
        go_on(p);
    else if (transfer_read(p->client, &p->session, &e) < 0)
        break_off(p, &e);
}

void pipeline_end(struct pipeline *p, struct transfer *x)
{
    if (x->session)
        p->octets -= x->txn.message.size;
    p->n--;
    if (p->session.txn == &x->txn) { /* none is behind it, but those that could not begin */
        p->client->unclean = p->session.txn->begun;
        session_done(&p->session);
    }
    transfer_done(x);
}
