#include "smtp/verdict.h"

enum verdict_result verdict_of(const struct err *err)
{
    bool refused = (err->kind == ERR_REPLY && err->code >= 500) || err->kind == ERR_DATA ||
                   err->kind == ERR_NOUSER;
    return refused ? VERDICT_REFUSED : VERDICT_FAILED;
}

bool verdict_is_settled(const struct verdict *v)
{
    return v->result == VERDICT_SENT || v->result == VERDICT_QUEUED;
}

const struct verdict *verdict_worst(const struct verdict *verdicts, const bool *skip, size_t n)
{
    const struct verdict *worst = NULL;
    for (size_t i = 0; i < n; i++) {
        if ((skip && skip[i]) || verdict_is_settled(&verdicts[i]))
            continue;
        bool permanent = !err_is_temporary(&verdicts[i].err);
        if (!worst || (permanent && err_is_temporary(&worst->err)))
            worst = &verdicts[i];
    }
    return worst;
}

void verdict_done(struct verdict *v)
{
    err_done(&v->err);
    *v = (struct verdict){ 0 };
}

void verdict_copy(struct verdict *to, const struct verdict *from)
{
    to->result = from->result;
    to->stage = from->stage;
    err_copy(&to->err, &from->err);
}

const char *verdict_name(enum verdict_result result)
{
    static const char *const names[] = {
        [VERDICT_PENDING] = "pending",     [VERDICT_SENT] = "sent",
        [VERDICT_REFUSED] = "refused",     [VERDICT_FAILED] = "failed",
        [VERDICT_AMBIGUOUS] = "ambiguous", [VERDICT_QUEUED] = "queued",
    };
    return names[result];
}
