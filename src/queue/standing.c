#include "queue/standing.h"

#include "smtp/hint.h"

#include <limits.h>
#include <stdlib.h>

void standing_done(struct standing *s)
{
    free(s->text);
    free(s->hint);
    *s = (struct standing){ 0 };
}

/* ---- what happened ---- */

static bool is_connection_stage(enum stage stage)
{
    switch (stage) {
    case STAGE_SECRET:
    case STAGE_LOOKUP:
    case STAGE_CONNECT:
    case STAGE_GREETING:
    case STAGE_EHLO:
    case STAGE_STARTTLS:
    case STAGE_TLS:
    case STAGE_AUTH: return true;
    case STAGE_NONE:
    case STAGE_MAIL:
    case STAGE_RCPT:
    case STAGE_DATA:
    case STAGE_BODY:
    case STAGE_END:
    case STAGE_QUIT: return false;
    }
    return false;
}

static bool reply_concerns(enum stage stage, const struct err *reply)
{
    const struct hint *hint = hint_find(stage, reply);
    if (reply->code == 421)
        return true;
    if (!hint)
        return false;
    switch (hint->class) {
    case HINT_AUTH:
    case HINT_QUOTA:
    case HINT_NETWORK: return true;
    case HINT_SENDER:
    case HINT_RELAY: /* else one recipient would hold up the mail to all others */
    case HINT_TEMPORARY:
    case HINT_SIZE:
    case HINT_POLICY: return false;
    }
    return false;
}

/* To be mended on this machine. */
static bool is_ours(enum err_kind kind)
{
    return kind == ERR_CONFIG || kind == ERR_PERMISSION || kind == ERR_LIBRARY;
}

bool standing_concerns(enum stage stage, const struct err *err)
{
    if (err->kind == ERR_NONE)
        return false;
    if (is_connection_stage(stage) || is_ours(err->kind))
        return true;
    return err->kind == ERR_REPLY && reply_concerns(stage, err);
}

static char *copy_text(const char *text)
{
    return text && *text ? mem_string(text) : NULL;
}

void standing_fail(struct standing *s, const struct schedule *schedule, const struct verdict *why,
                   int64_t now, uint32_t random)
{
    char *text = copy_text(why->err.text);
    char *hint = copy_text(why->err.hint);
    free(s->text);
    free(s->hint);
    s->text = text;
    s->hint = hint;
    if (!s->failures)
        s->since_s = now;
    else
        s->tried_s += schedule_tried(s->last_s, now);
    s->failures += s->failures < UINT_MAX;
    s->last_s = now;
    s->next_s = now + schedule_pause(schedule, s->failures, random);
    s->permanent = !err_is_temporary(&why->err);
    s->stage = why->stage;
}

void standing_clear(struct standing *s)
{
    struct standing rest = { .bucket = s->bucket };
    standing_done(s);
    *s = rest;
}
