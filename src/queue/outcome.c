#include "queue/outcome.h"

size_t outcome_count(const struct outcome *o, enum verdict_result result)
{
    size_t n = 0;
    for (size_t i = 0; o->delivery && i < o->delivery->n; i++)
        n += o->delivery->verdicts[i].result == result;
    return n;
}

/* Is everybody sent to or queued? Not when there is nobody because it failed before. */
static bool is_settled(const struct outcome *o)
{
    const struct delivery *d = o->delivery;
    size_t n = outcome_count(o, VERDICT_SENT) + outcome_count(o, VERDICT_QUEUED);
    return d && n == d->n && (n > 0 || d->session.result == VERDICT_PENDING);
}

const char *outcome_result(const struct outcome *o)
{
    size_t queued = outcome_count(o, VERDICT_QUEUED);
    if (is_settled(o))
        return queued ? "queued" : "sent";
    if (outcome_count(o, VERDICT_AMBIGUOUS))
        return "ambiguous";
    return queued || outcome_count(o, VERDICT_SENT) ? "partial" : "failed";
}

const struct err *outcome_error(const struct outcome *o)
{
    if (!o->delivery)
        return o->error;
    if (is_settled(o))
        return NULL;
    if (o->delivery->session.result != VERDICT_PENDING)
        return &o->delivery->session.err;
    const struct verdict *worst = verdict_worst(o->delivery->verdicts, NULL, o->delivery->n);
    return worst ? &worst->err : NULL;
}
