#include "cmd/serve_verdict.h"

#include "queue/replies.h"
#include "queue/standing.h"
#include "smtp/reply.h"

#include <string.h>

/* Where the recipient stands in the queue's message: mostly where it stands in ours. */
static size_t find(const struct waiting *w, const char *wire, size_t near)
{
    const struct envelope *e = &w->item.entry.envelope;
    if (near < e->n_rcpts && strcmp(e->rcpts[near].wire, wire) == 0)
        return near;
    for (size_t i = 0; i < e->n_rcpts; i++)
        if (strcmp(e->rcpts[i].wire, wire) == 0)
            return i;
    return e->n_rcpts;
}

static void take_reply(const struct last_reply *r, struct verdict *ret)
{
    struct reply said = { .code = r->code };
    memcpy(said.enhanced, r->enhanced, sizeof said.enhanced);
    buf_add_string(&said.text, r->text);
    reply_error(&said, &ret->err);
    reply_done(&said);
    ret->stage = r->stage;
}

static void take_acceptance(const struct last_reply *r, struct verdict *ret)
{
    struct last_reply unknown = { r->stage, 250, "2.0.0", "OK" };
    take_reply(r->text && r->code >= 200 && r->code < 300 ? r : &unknown, ret);
    ret->result = VERDICT_SENT;
}

/* Why it was not sent at once, if that was tried. */
static void take_delay(const struct last_reply *r, struct verdict *ret)
{
    if (r->code >= 400)
        take_reply(r, ret);
    else if (r->text && !r->code)
        err_set(&ret->err, ERR_TEMPORARY, "%s", r->text);
    ret->stage = r->stage;
    ret->result = VERDICT_QUEUED;
}

static void decide(enum mark mark, const struct last_reply *reply, struct verdict *ret)
{
    verdict_done(ret);
    switch (mark) {
    case MARK_TODO: take_delay(reply, ret); break;
    case MARK_DELIVERED: take_acceptance(reply, ret); break;
    case MARK_FAILED:
    case MARK_REFUSED: reply_recall(reply, ret); break;
    }
}

static void give_up(struct verdict *v)
{
    verdict_done(v);
    v->result = VERDICT_FAILED;
    err_set(&v->err, ERR_TEMPORARY, "another message had the same name");
}

/* What waits for the account: the message itself has seen nothing of that. */
static void explain(const struct waiting *w, struct delivery *d)
{
    struct standing standing;
    standing_load(w->item.spool, &w->item.entry.route, &standing);
    for (size_t i = 0; standing.text && i < d->n; i++) {
        struct verdict *v = &d->verdicts[i];
        if (v->result != VERDICT_QUEUED || v->err.kind)
            continue;
        err_set(&v->err, ERR_TEMPORARY, "%s", standing.text);
        v->stage = standing.stage;
    }
    standing_done(&standing);
}

void serve_verdicts(const struct waiting *w, const struct envelope *envelope, struct delivery *ret)
{
    static const struct last_reply none;
    bool open = w->item.spool != NULL;
    delivery_grow(ret, envelope->n_rcpts);
    for (size_t i = 0; i < envelope->n_rcpts; i++) {
        size_t at = open ? find(w, envelope->rcpts[i].wire, i) : 0;
        if (!open)
            decide(MARK_TODO, &none, &ret->verdicts[i]);
        else if (at < w->n)
            decide((enum mark)w->marks[at], &w->replies[at], &ret->verdicts[i]);
        else
            give_up(&ret->verdicts[i]);
    }
    if (open)
        explain(w, ret);
}

size_t serve_refusals(const struct delivery *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->verdicts[i].result == VERDICT_REFUSED;
    return n;
}
