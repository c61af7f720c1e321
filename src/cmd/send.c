/* Submit one message: prepare, deliver or keep, report, log. */
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/handover.h"
#include "cmd/kept.h"
#include "cmd/report.h"
#include "cmd/say.h"
#include "cmd/submission.h"
#include "cmd/trace.h"
#include "mail/wire.h"
#include "net/target.h"
#include "smtp/command.h"

/* Nothing here may change the verdict. */
static void record(const struct submission *s, const struct outcome *o)
{
    outcome_log(o, &s->config);
    if (log_problem() && (o->status || s->options->verbose))
        say(s->options->name, "log: %s", log_problem());
    log_done();
}

static int finish(const struct submission *s, struct outcome *o)
{
    struct exit_rules rules = exit_rules_of(s->options->exit_style, o->account);
    ERR e = { 0 };
    o->status = o->delivery ? exit_of_verdicts(&rules, o->delivery->verdicts, o->delivery->n)
                            : exit_of_error(&rules, o->error, STAGE_NONE);
    report_outcome(o, s->options->verbose > 0);
    if (s->options->json) {
        BUF json = { 0 };
        outcome_json(o, &json);
        if (say_out(buf_span(&json), &e) < 0)
            say_error(s->options->name, &e);
    }
    record(s, o);
    return o->status;
}

static int show_envelope(const struct submission *s, struct buf *to, struct err *e)
{
    static const char *const modes[] = { [TLS_MODE_IMPLICIT] = "implicit TLS",
                                         [TLS_MODE_STARTTLS] = "STARTTLS",
                                         [TLS_MODE_OFF] = "no TLS" };
    const struct account *account = s->account;
    struct mail_params params = { .size = true,
                                  .size_value = stored_size(&s->stored),
                                  .body_8bit = s->stored.eight_bit,
                                  .smtputf8 = s->stored.utf8_addresses || s->envelope.sender_utf8,
                                  .ret = s->envelope.dsn_return,
                                  .envid = s->envelope.envid };
    buf_add_string(to, "Account: ");
    account_title(to, account);
    buf_add_char(to, '\n');
    for (size_t i = 0; i < account->net.host.n; i++) {
        ARENA a = { 0 };
        struct target target;
        if (target_parse(&a, account->net.host.items[i], &account->net, &target, e) < 0)
            return -1;
        if (target.is_path || target.is_service)
            buf_addf(to, "Server: %s\n", account->net.host.items[i]);
        else
            buf_addf(to, "Server: %s port %d, %s\n", target.host, target.port, modes[target.tls]);
    }
    for (size_t i = 0; i < s->envelope.n_rcpts; i++)
        params.smtputf8 |= s->envelope.rcpts[i].utf8;
    if (command_mail(to, s->envelope.sender, &params, e) < 0)
        return -1;
    for (size_t i = 0; i < s->envelope.n_rcpts; i++)
        if (command_rcpt(to, s->envelope.rcpts[i].wire, s->envelope.dsn_notify, e) < 0)
            return -1;
    buf_add_char(to, '\n');
    return 0;
}

/* --dry-run: all that would leave, on stdout. */
static int show(const struct submission *s, struct err *e)
{
    BUF text = { 0 };
    struct wire wire;
    struct span piece;
    int more = 0;
    if (show_envelope(s, &text, e) < 0 || say_out(buf_span(&text), e) < 0)
        return -1;
    wire_init(&wire, &s->stored, false);
    while ((more = wire_next(&wire, &piece, e)) > 0)
        if (say_out(piece, e) < 0)
            more = -1;
    wire_done(&wire);
    return more;
}

static int submit_and_report(struct submission *s, struct outcome *o)
{
    struct trace trace = { .level = s->options->verbose };
    struct submit_request request;
    struct submitted submitted;
    handover_prepare(s, s->ident.host, trace_hook(&trace), &request);
    trace_notes(&trace, &s->config.notes);
    trace_notes(&trace, &s->stored.notes);
    submit(&request, &submitted);
    kept_by_service(s->account, submitted.delivery.verdicts, submitted.delivery.n, &submitted.id);
    trace_delivery(&trace, &submitted.delivery);
    trace_done(&trace);
    o->delivery = &submitted.delivery;
    o->queue_id = submitted.id.text;
    o->problem = &submitted.problem;
    int status = finish(s, o);
    submitted_done(&submitted);
    return status;
}

static int run(struct submission *s)
{
    ERR e = { 0 };
    int done = submission_prepare(s, &e);
    struct outcome o = { .name = s->options->name, .account = s->account, .error = &e };
    if (s->envelope.n_rcpts)
        o.envelope = &s->envelope;
    if (s->stored.message_id)
        o.stored = &s->stored;
    if (done == 0 && s->options->dry_run)
        done = show(s, &e);
    if (done < 0)
        return finish(s, &o);
    return s->options->dry_run ? 0 : submit_and_report(s, &o);
}

int cmd_send(const struct options *o)
{
    struct submission s;
    submission_init(&s, o);
    int status = run(&s);
    submission_done(&s);
    return status;
}
