#include "cmd/kept.h"

#include "smtp/reply.h"

static const char front[] = "queued as ";

/* Before the first stage it is a matter of the configuration. */
static const char *name_of(enum stage stage)
{
    return stage == STAGE_NONE ? "config" : stage_name(stage);
}

void kept_write(const struct queue_id *id, const struct verdict *why, struct buf *to)
{
    buf_addf(to, "%s%s", front, id->text);
    if (why && why->err.text)
        buf_addf(to, " (%s: %s)", name_of(why->stage), why->err.text);
}

/* Reading. */

static bool find_stage(struct span name, enum stage *ret)
{
    for (int i = STAGE_NONE; i <= STAGE_QUIT; i++)
        if (span_is(name, name_of((enum stage)i))) {
            *ret = (enum stage)i;
            return true;
        }
    return false;
}

/* A server's reply, or what has failed here. */
static void read_words(struct span words, struct err *ret)
{
    BUF line = { 0 };
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    size_t used;
    buf_add_span(&line, words);
    buf_add_string(&line, "\r\n");
    if (reply_feed(&parser, buf_span(&line), &used, &reply) == 1)
        reply_error(&reply, ret);
    else
        err_set(ret, ERR_TEMPORARY, "%.*s", SPAN_ARGS(words));
    reply_done(&reply);
    reply_parser_done(&parser);
}

static bool read_reason(struct span reason, struct verdict *ret)
{
    struct span rest = reason, name;
    if (!span_next(&rest, ':', &name) || !span_starts(rest, " ") || !find_stage(name, &ret->stage))
        return false;
    read_words(span_from(rest, 1), &ret->err);
    return true;
}

/* Nothing else may stand there: a smarthost's own words may say the like. */
static bool read_kept(struct span words, struct queue_id *id, struct verdict *ret)
{
    if (!span_starts(words, front))
        return false;
    words = span_from(words, sizeof front - 1);
    struct span name = { words.at, words.len < QUEUE_ID_SIZE ? words.len : QUEUE_ID_SIZE };
    struct span rest = span_from(words, name.len);
    if (rest.len && (!span_starts(rest, " (") || rest.at[rest.len - 1] != ')'))
        return false;
    if (queue_id_parse(name, id) < 0)
        return false;
    return !rest.len || read_reason((struct span){ rest.at + 2, rest.len - 3 }, ret);
}

size_t kept_by_service(const struct account *account, struct verdict *verdicts, size_t n,
                       struct queue_id *ret)
{
    size_t found = 0;
    for (size_t i = 0; account->is_service && i < n; i++) {
        struct verdict *v = &verdicts[i];
        struct verdict kept = { .result = VERDICT_QUEUED };
        struct queue_id id;
        if (v->result != VERDICT_SENT || !v->err.reply ||
            !read_kept(span_of(v->err.reply), &id, &kept))
            continue;
        *ret = id;
        verdict_done(v);
        *v = kept;
        found++;
    }
    return found;
}
