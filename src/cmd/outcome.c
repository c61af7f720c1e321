#include "cmd/outcome.h"

#include "cmd/say.h"

static size_t count(const struct outcome *o, enum verdict_result result)
{
    size_t n = 0;
    for (size_t i = 0; o->delivery && i < o->delivery->n; i++)
        n += o->delivery->verdicts[i].result == result;
    return n;
}

const char *outcome_result(const struct outcome *o)
{
    size_t sent = count(o, VERDICT_SENT);
    if (!o->delivery)
        return "failed";
    if (sent == o->delivery->n && o->delivery->session.result == VERDICT_PENDING)
        return "sent";
    if (count(o, VERDICT_AMBIGUOUS))
        return "ambiguous";
    return sent ? "partial" : "failed";
}

const struct err *outcome_error(const struct outcome *o)
{
    if (!o->delivery)
        return o->error;
    if (o->delivery->session.result != VERDICT_PENDING)
        return &o->delivery->session.err;
    for (size_t i = 0; i < o->delivery->n; i++)
        if (o->delivery->verdicts[i].result != VERDICT_SENT)
            return &o->delivery->verdicts[i].err;
    return NULL;
}

/* "(mail.example.net, RCPT)": where it happened. */
static void add_place(struct buf *to, const struct outcome *o, enum stage stage)
{
    const char *server = o->delivery->server;
    if (server && *stage_name(stage))
        buf_addf(to, " (%s, %s)", server, stage_name(stage));
    else if (server)
        buf_addf(to, " (%s)", server);
}

static void report_session(const struct outcome *o)
{
    const struct verdict *v = &o->delivery->session;
    BUF place = { 0 };
    add_place(&place, o, v->stage);
    say(o->name, "account %s: %s%s", o->account->name, v->err.text, buf_string(&place));
}

static void report_recipient(const struct outcome *o, size_t i)
{
    const struct verdict *v = &o->delivery->verdicts[i];
    BUF place = { 0 };
    if (v->result == VERDICT_SENT)
        return;
    add_place(&place, o, v->stage);
    say(o->name, "%s: %s: %s%s", o->envelope->rcpts[i].original,
        v->result == VERDICT_AMBIGUOUS ? "may have been delivered" : verdict_name(v->result),
        v->err.text, buf_string(&place));
}

/* The last line: what was kept. */
static void report_rest(const struct outcome *o)
{
    size_t sent = count(o, VERDICT_SENT);
    if (count(o, VERDICT_AMBIGUOUS))
        say(o->name, "not queued; the recipients named above may have it already");
    else if (sent)
        say(o->name, "sent to %zu of %zu recipients; the others: not sent, not queued", sent,
            o->delivery->n);
    else
        say(o->name, "not sent, not queued");
}

void outcome_report(const struct outcome *o)
{
    const struct err *error = outcome_error(o);
    if (!error)
        return;
    if (!o->delivery) {
        say(o->name, "%s", error->text);
    } else if (o->delivery->session.result != VERDICT_PENDING) {
        report_session(o);
    } else {
        for (size_t i = 0; i < o->delivery->n; i++)
            report_recipient(o, i);
    }
    if (error->hint)
        say(o->name, "hint: %s", error->hint);
    report_rest(o);
}
