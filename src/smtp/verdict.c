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
