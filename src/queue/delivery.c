#include "queue/delivery.h"

#include "net/tls.h"
#include "smtp/hint.h"

#include <stdlib.h>

void delivery_done(struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++)
        verdict_done(&d->verdicts[i]);
    free(d->verdicts);
    verdict_done(&d->session);
    arena_done(&d->arena);
    *d = (struct delivery){ 0 };
}

void delivery_grow(struct delivery *d, size_t n)
{
    d->verdicts = mem_resize(d->verdicts, n, sizeof *d->verdicts);
    for (; d->n < n; d->n++)
        d->verdicts[d->n] = (struct verdict){ 0 };
}

void delivery_fail(struct delivery *d, enum stage stage, const struct err *err)
{
    d->session.result = verdict_of(err);
    d->session.stage = stage;
    err_copy(&d->session.err, err);
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result == VERDICT_PENDING)
            verdict_copy(&d->verdicts[i], &d->session);
}

void delivery_note(struct delivery *d, const struct client *c)
{
    const struct tls_facts *tls = c->stream ? stream_tls(c->stream) : NULL;
    const struct target *target = c->setup.target;
    d->server = arena_string(&d->arena, span_of(target->host));
    d->port = target->port;
    d->address = arena_string(&d->arena, buf_span(&c->address));
    d->tls_version = tls ? arena_string(&d->arena, span_of(tls->version)) : NULL;
    d->tls_cipher = tls ? arena_string(&d->arena, span_of(tls->cipher)) : NULL;
    d->mech = c->mech ? mech_name(c->mech) : NULL;
    d->times = c->times;
}

void delivery_explain(struct delivery *d)
{
    if (d->session.result != VERDICT_PENDING)
        hint_apply(d->session.stage, &d->session.err);
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result != VERDICT_SENT)
            hint_apply(d->verdicts[i].stage, &d->verdicts[i].err);
}
