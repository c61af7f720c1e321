#include "cmd/kept.h"

/* kept = "queued as " queue-id, and nothing else: a smarthost's own words may say the like */
static bool is_kept(const struct verdict *v, struct queue_id *id)
{
    struct span words = v->err.reply ? span_of(v->err.reply) : SPAN("");
    if (v->result != VERDICT_SENT || !span_starts(words, "queued as "))
        return false;
    return queue_id_parse(span_from(words, sizeof "queued as " - 1), id) == 0;
}

void kept_by_service(const struct account *account, struct submitted *s)
{
    for (size_t i = 0; account->is_service && i < s->delivery.n; i++) {
        struct verdict *v = &s->delivery.verdicts[i];
        if (!is_kept(v, &s->id))
            continue;
        v->result = VERDICT_QUEUED;
        err_done(&v->err);
    }
}
