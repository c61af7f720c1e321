#include "cmd/serve_verdict.h"

#include "queue/replies.h"
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

static void take_acceptance(const struct last_reply *r, struct verdict *ret)
{
    bool known = r->text && r->code >= 200 && r->code < 300;
    struct reply said = { .code = known ? r->code : 250, .enhanced = "2.0.0" };
    if (known)
        memcpy(said.enhanced, r->enhanced, sizeof said.enhanced);
    buf_add_string(&said.text, known ? r->text : "OK");
    reply_error(&said, &ret->err);
    reply_done(&said);
    ret->result = VERDICT_SENT;
    ret->stage = r->stage;
}

static void decide(enum mark mark, const struct last_reply *reply, struct verdict *ret)
{
    verdict_done(ret);
    switch (mark) {
    case MARK_TODO: ret->result = VERDICT_QUEUED; break;
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
}

size_t serve_refusals(const struct delivery *d)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        n += d->verdicts[i].result == VERDICT_REFUSED;
    return n;
}
