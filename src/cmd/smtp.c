/* -bs: SMTP on stdin and stdout. The engine (smtp/server) says what the caller wants, the relay
 * hands it on to the smarthost, whose own replies reach the caller. The message itself is read to
 * its end and put into stored form before any of it leaves, as every submission is.
 *
 * With `mode = queue` nobody is asked: what can be kept is accepted. With `mode = try` a failure
 * that may pass is not told; the recipient, or the whole message, is accepted and kept at its end.
 */
#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "cmd/answer.h"
#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/handover.h"
#include "cmd/say.h"
#include "cmd/submission.h"
#include "cmd/trace.h"
#include "mail/reader.h"
#include "queue/outcome.h"
#include "queue/relay.h"
#include "smtp/server.h"

#include <errno.h>
#include <unistd.h>

struct dialogue {
    struct server server;
    struct relay relay;
    struct submission submission; /* of the message under way */
    struct err unfit;             /* why no message can be sent at all: the configuration */
    struct reader reader;
    struct submitted submitted;
    bool local;         /* nobody is asked about the message under way: it will be kept */
    struct err failure; /* what is wrong with the message under way */
    bool *told;         /* recipients whose refusal the caller knows; in the submission's arena */
    size_t told_room;
    bool begun; /* MAIL has come: there is something to log and to forget */
    struct trace trace;
    struct ident ident; /* who runs this; lives as long as the relay */
    struct arena arena;
};

/* The log. */

/* What has no verdict was not sent, because the caller or the message did not come so far. */
static void decide_rest(struct dialogue *d)
{
    ERR e = { 0 };
    err_set(&e, ERR_TEMPORARY, "the caller has given the message up");
    const struct err *why = d->failure.kind ? &d->failure : &e;
    for (size_t i = 0; i < d->submitted.delivery.n; i++) {
        struct verdict *v = &d->submitted.delivery.verdicts[i];
        if (v->result != VERDICT_PENDING)
            continue;
        v->result = verdict_of(why);
        v->stage = STAGE_DATA;
        err_copy(&v->err, why);
    }
}

/* One record a message; none for one that was only begun, unless something was refused. */
static bool is_worth_a_record(const struct dialogue *d)
{
    bool any = d->failure.kind || d->submitted.delivery.session.result != VERDICT_PENDING;
    for (size_t i = 0; i < d->submitted.delivery.n; i++)
        any |= d->submitted.delivery.verdicts[i].result != VERDICT_PENDING;
    return any;
}

/* What sendmail would have exited with. */
static int status_of(const struct dialogue *d)
{
    const struct delivery *delivery = &d->submitted.delivery;
    if (delivery->n)
        return exit_of_verdicts(&exit_default, delivery->verdicts, delivery->n);
    if (delivery->session.result != VERDICT_PENDING)
        return exit_of_error(&exit_default, &delivery->session.err, delivery->session.stage);
    return exit_of_error(&exit_default, &d->failure, STAGE_NONE);
}

static void record(struct dialogue *d)
{
    const struct submission *s = &d->submission;
    BUF line = { 0 };
    struct outcome o = { .name = s->options->name,
                         .account = s->account,
                         .envelope = s->envelope.sender ? &s->envelope : NULL,
                         .stored = s->stored.message_id ? &s->stored : NULL,
                         .delivery = &d->submitted.delivery,
                         .problem = &d->submitted.problem,
                         .queue_id = d->submitted.id.text };
    if (!is_worth_a_record(d))
        return;
    decide_rest(d);
    o.status = status_of(d);
    if (!d->submitted.delivery.n && d->submitted.delivery.session.result == VERDICT_PENDING) {
        o.delivery = NULL;
        o.error = &d->failure;
    }
    config_start_log(&s->config, s->options->name);
    outcome_record(&o, s->config.log.json, &line);
    log_write(o.status ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, buf_span(&line));
    log_done();
}

/* The message is over, one way or another. */
static void forget(struct dialogue *d)
{
    if (!d->begun)
        return;
    record(d);
    relay_forget(&d->relay);
    reader_done(&d->reader);
    submitted_done(&d->submitted);
    err_done(&d->failure);
    submission_forget(&d->submission);
    d->told = NULL;
    d->told_room = 0;
    d->local = false;
    d->begun = false;
}

/* Answers. */

static void give(struct dialogue *d, struct answer *a)
{
    server_answer(&d->server, a->code, a->enhanced, buf_span(&a->words));
    answer_done(a);
}

static void give_error(struct dialogue *d, enum stage stage, const struct err *err)
{
    struct answer a = { 0 };
    answer_of_error(stage, err, &a);
    give(d, &a);
}

/* MAIL. */

static void take_parameters(struct dialogue *d, struct relay_message *ret)
{
    struct submission *s = &d->submission;
    const struct mail_arguments *mail = &d->server.mail;
    if (mail->ret != DSN_RETURN_UNSET)
        s->envelope.dsn_return = mail->ret;
    if (mail->envid.len)
        s->envelope.envid = arena_string(&s->arena, buf_span(&mail->envid));
    *ret = (struct relay_message){ .envelope = &s->envelope,
                                   .size = mail->size,
                                   .may_be_8bit = !mail->body_7bit,
                                   .smtputf8 = mail->smtputf8 || s->envelope.sender_utf8,
                                   .delivery = &d->submitted.delivery };
}

/* May the message be kept although this has failed? */
static bool may_keep(const struct dialogue *d, const struct err *e)
{
    return handover_mode(&d->submission) != QUEUE_MODE_DIRECT && err_is_temporary(e);
}

/* Nobody has anything to say of the message any more: its recipients wait for the end. */
static void keep_from_now_on(struct dialogue *d)
{
    verdict_done(&d->submitted.delivery.session);
    d->local = true;
}

static int ask(struct dialogue *d, struct err *e)
{
    struct relay_message message;
    struct connection_setup setup = { d->submission.account, d->ident.host, trace_hook(&d->trace) };
    take_parameters(d, &message);
    if (handover_mode(&d->submission) == QUEUE_MODE_QUEUE) {
        keep_from_now_on(d);
        return 0;
    }
    int done = relay_mail(&d->relay, &setup, &message, e);
    if (done == 0 || !may_keep(d, e))
        return done;
    err_done(e);
    keep_from_now_on(d);
    return 0;
}

static int begin(struct dialogue *d, struct err *e)
{
    struct submission *s = &d->submission;
    if (d->unfit.kind) {
        err_copy(e, &d->unfit);
        return -1;
    }
    if (submission_set_sender(s, d->server.mail.path, e) < 0)
        return -1;
    struct message_limits limits = { .max_size = s->account->mail.max_size };
    reader_init(&d->reader, &s->message, limits);
    return ask(d, e);
}

/* At which stage the message under way has failed as a whole. */
static enum stage stage_of(const struct dialogue *d, enum stage otherwise)
{
    return d->submitted.delivery.session.result == VERDICT_PENDING
               ? otherwise
               : d->submitted.delivery.session.stage;
}

static void take_mail(struct dialogue *d)
{
    ERR e = { 0 };
    d->begun = true;
    int done = begin(d, &e);
    give_error(d, stage_of(d, STAGE_MAIL), &e);
    if (done == 0)
        return;
    err_move(&d->failure, &e);
    forget(d);
}

/* RCPT. */

static void mark_told(struct dialogue *d, size_t first, bool refused)
{
    struct arena *a = &d->submission.arena;
    for (size_t i = first; i < d->submitted.delivery.n; i++) {
        d->told = arena_grow(a, d->told, i, &d->told_room, sizeof *d->told);
        d->told[i] = refused;
    }
}

static int offer_recipients(struct dialogue *d, struct err *e)
{
    if (d->local) {
        delivery_grow(&d->submitted.delivery, d->submission.envelope.n_rcpts);
        return 0;
    }
    int done = relay_rcpt(&d->relay, e);
    if (done == 0 || !may_keep(d, e))
        return done;
    err_done(e); /* the verdict has it */
    return 0;
}

static void take_rcpt(struct dialogue *d)
{
    ERR e = { 0 };
    const struct rcpt_arguments *rcpt = &d->server.rcpt;
    size_t first = d->submitted.delivery.n;
    int done = submission_add_recipient(&d->submission, rcpt->path, rcpt->notify, &e);
    if (done == 0)
        done = offer_recipients(d, &e);
    mark_told(d, first, done < 0);
    give_error(d, stage_of(d, STAGE_RCPT), &e);
}

/* The message. */

static void take_body(struct dialogue *d)
{
    ERR e = { 0 };
    if (!d->failure.kind && reader_feed(&d->reader, d->server.piece, &e) < 0)
        err_move(&d->failure, &e);
}

static int complete(struct dialogue *d, struct err *e)
{
    if (d->failure.kind)
        return -1;
    if (reader_finish(&d->reader, e) < 0 || submission_store(&d->submission, e) < 0)
        return -1;
    trace_notes(&d->trace, &d->submission.stored.notes);
    return 0;
}

/* What was accepted here is sent, or else kept. */
static void hand_over(struct dialogue *d)
{
    struct submit_request request;
    if (!d->local)
        relay_send(&d->relay, &d->submission.stored);
    trace_delivery(&d->trace, &d->submitted.delivery);
    handover_prepare(&d->submission, d->ident.host, trace_hook(&d->trace), &request);
    if (request.mode != QUEUE_MODE_DIRECT)
        submit_keep(&request, &d->submitted);
}

/* From the end of data on signals wait for the verdict; told it, the process may die. */
static void take_end(struct dialogue *d)
{
    struct answer a = { 0 };
    ERR e = { 0 };
    if (complete(d, &e) < 0) {
        if (e.kind)
            err_move(&d->failure, &e);
        answer_of_error(STAGE_DATA, &d->failure, &a);
    } else {
        hand_over(d);
        answer_of_verdicts(d->submitted.delivery.verdicts, d->told, d->submitted.delivery.n, &a);
        if (*d->submitted.id.text)
            buf_addf(&a.words, "\nqueued as %s", d->submitted.id.text);
    }
    give(d, &a);
    forget(d);
}

/* The loop. */

static int say_replies(struct dialogue *d, struct err *e)
{
    if (!d->server.out.len)
        return 0;
    int done = say_out(buf_span(&d->server.out), e);
    buf_clear(&d->server.out);
    sig_release();
    return done;
}

/* 1, 0 at the end of the input, -1. */
static int get_input(struct dialogue *d, char *room, size_t len, struct err *e)
{
    ssize_t n = io_read(STDIN_FILENO, room, len);
    if (n < 0)
        return err_system(e, ERR_IO, errno, "standard input");
    server_feed(&d->server, (struct span){ room, (size_t)n });
    if (n == 0 && server_in_message(&d->server))
        return err_set(e, ERR_INPUT, "standard input ended within a message");
    return n > 0;
}

static int converse(struct dialogue *d, struct err *e)
{
    char room[32 * 1024];
    int more = 1;
    while (more > 0) {
        enum server_action action = server_next(&d->server);
        if (say_replies(d, e) < 0)
            return -1;
        switch (action) {
        case SERVER_WANT: more = get_input(d, room, sizeof room, e); break;
        case SERVER_MAIL: take_mail(d); break;
        case SERVER_RCPT: take_rcpt(d); break;
        case SERVER_BODY: take_body(d); break;
        case SERVER_END: take_end(d); break;
        case SERVER_RESET: forget(d); break;
        case SERVER_QUIT: more = 0; break;
        }
    }
    return more;
}

static void start(struct dialogue *d, const struct options *o)
{
    ident_get(&d->arena, &d->ident);
    d->trace.level = o->verbose;
    trace_notes(&d->trace, &d->submission.config.notes);
    server_init(&d->server, d->ident.host, false);
}

static void finish(struct dialogue *d)
{
    forget(d);
    relay_close(&d->relay);
    server_done(&d->server);
    trace_done(&d->trace);
    arena_done(&d->arena);
}

/* What would look at, or speak through, the two streams that the dialogue has. */
static int check_options(const struct options *o, struct err *e)
{
    const char *word = o->dry_run ? "--dry-run" : o->json ? "--json" : o->file ? "--file" : NULL;
    return word ? err_set(e, ERR_USAGE, "%s does not go with -bs", word) : 0;
}

static int run(struct dialogue *d, const struct options *o, struct err *e)
{
    if (check_options(o, e) < 0)
        return -1;
    if (submission_open(&d->submission, &d->unfit) < 0 && d->unfit.kind == ERR_USAGE) {
        err_move(e, &d->unfit);
        return -1;
    }
    start(d, o);
    int done = converse(d, e);
    if (done < 0 && d->begun && !d->failure.kind)
        err_copy(&d->failure, e);
    finish(d);
    return done;
}

int cmd_smtp(const struct options *o)
{
    struct dialogue d = { 0 };
    ERR e = { 0 };
    submission_init(&d.submission, o);
    int done = run(&d, o, &e);
    submission_done(&d.submission);
    err_done(&d.unfit);
    if (done == 0)
        return 0;
    say_error(o->name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}
