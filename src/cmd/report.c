#include "cmd/report.h"

#include "cmd/say.h"

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
    if (verdict_is_settled(v))
        return;
    add_place(&place, o, v->stage);
    say(o->name, "%s: %s: %s%s", o->envelope->rcpts[i].original,
        v->result == VERDICT_AMBIGUOUS ? "may have been delivered" : verdict_name(v->result),
        v->err.text, buf_string(&place));
}

/* "sent to 1 of 3 recipients, 1 queued as ID". */
static void add_settled(struct buf *to, const struct outcome *o)
{
    size_t sent = outcome_count(o, VERDICT_SENT), queued = outcome_count(o, VERDICT_QUEUED);
    if (sent)
        buf_addf(to, "sent to %zu of %zu recipients", sent, o->delivery->n);
    if (queued)
        buf_addf(to, "%squeued for %zu of %zu as %s", sent ? ", " : "", queued, o->delivery->n,
                 o->queue_id);
}

/* The last line: what was kept. */
static void report_rest(const struct outcome *o)
{
    BUF settled = { 0 };
    add_settled(&settled, o);
    const char *between = settled.len ? "; the others: " : "";
    if (outcome_count(o, VERDICT_AMBIGUOUS))
        say(o->name, "%s%snot queued; the recipients named above may have it already",
            buf_string(&settled), settled.len ? "; " : "");
    else
        say(o->name, "%s%snot sent, not queued", buf_string(&settled), between);
}

/* Something is kept although it was not sent: only said on demand. */
static void report_queued(const struct outcome *o)
{
    for (size_t i = 0; i < o->delivery->n; i++) {
        const struct verdict *v = &o->delivery->verdicts[i];
        bool open = v->err.kind == ERR_AMBIGUOUS;
        if (v->result == VERDICT_QUEUED)
            say(o->name, "%s: queued as %s%s%s%s", o->envelope->rcpts[i].original, o->queue_id,
                v->err.text ? ": " : "", open ? "may have been delivered: " : "",
                v->err.text ? v->err.text : "");
    }
}

void report_outcome(const struct outcome *o, bool verbose)
{
    const struct err *error = outcome_error(o);
    if (verbose && o->queue_id && *o->queue_id)
        report_queued(o);
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
    if (o->problem && o->problem->kind)
        say(o->name, "queue: %s", o->problem->text);
    report_rest(o);
}
