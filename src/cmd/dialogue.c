#include "cmd/dialogue.h"

#include "base/log.h"
#include "cmd/exit.h"
#include "queue/outcome.h"

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

void dialogue_record(struct dialogue *d)
{
    const struct submission *s = &d->submission;
    struct outcome o = { .name = s->options->name,
                         .account = s->account,
                         .envelope = s->envelope.sender ? &s->envelope : NULL,
                         .stored = s->stored.message_id ? &s->stored : NULL,
                         .delivery = &d->submitted.delivery,
                         .problem = &d->submitted.problem,
                         .queue_id = d->submitted.id.text,
                         .submitter = d->submitter,
                         .uid = d->uid,
                         .pid = d->pid };
    if (d->recorded || !is_worth_a_record(d))
        return;
    d->recorded = true;
    decide_rest(d);
    o.status = status_of(d);
    if (!d->submitted.delivery.n && d->submitted.delivery.session.result == VERDICT_PENDING) {
        o.delivery = NULL;
        o.error = &d->failure;
    }
    outcome_log(&o, &s->config);
    log_done();
}

/* The message is over, one way or another. */
static void forget(struct dialogue *d)
{
    if (!d->begun)
        return;
    dialogue_record(d);
    d->ops->forget(d);
    reader_done(&d->reader);
    submitted_done(&d->submitted);
    err_done(&d->failure);
    submission_forget(&d->submission);
    d->octets = 0;
    d->told = NULL;
    d->told_room = 0;
    d->groups = NULL;
    d->n_groups = d->groups_room = 0;
    d->begun = d->recorded = false;
}

/* Answers. */

void dialogue_give(struct dialogue *d, struct answer *a)
{
    server_answer(&d->server, a->code, a->enhanced, buf_span(&a->words));
    answer_done(a);
}

static void give_error(struct dialogue *d, enum stage stage, const struct err *err)
{
    struct answer a = { 0 };
    answer_of_error(stage, err, &a);
    dialogue_give(d, &a);
}

/* MAIL. */

static void take_parameters(struct dialogue *d)
{
    struct submission *s = &d->submission;
    const struct mail_arguments *mail = &d->server.mail;
    if (mail->ret != DSN_RETURN_UNSET)
        s->envelope.dsn_return = mail->ret;
    if (mail->envid.len)
        s->envelope.envid = arena_string(&s->arena, buf_span(&mail->envid));
}

static int begin(struct dialogue *d, struct err *e)
{
    struct submission *s = &d->submission;
    if (d->unfit && d->unfit->kind) {
        err_copy(e, d->unfit);
        return -1;
    }
    if (submission_set_sender(s, d->server.mail.path, e) < 0)
        return -1;
    struct message_limits limits = { .max_size = s->account->mail.max_size };
    reader_init(&d->reader, &s->message, limits);
    take_parameters(d);
    return d->ops->mail(d, e);
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
    size_t n = d->submitted.delivery.n;
    for (size_t i = first; i < n; i++) {
        d->told = arena_grow(a, d->told, i, &d->told_room, sizeof *d->told);
        d->told[i] = refused;
    }
    if (refused)
        return;
    d->groups = arena_grow(a, d->groups, d->n_groups, &d->groups_room, sizeof *d->groups);
    d->groups[d->n_groups++] = (struct dialogue_group){ first, n - first };
}

static void take_rcpt(struct dialogue *d)
{
    ERR e = { 0 };
    const struct rcpt_arguments *rcpt = &d->server.rcpt;
    size_t first = d->submitted.delivery.n;
    int done = submission_add_recipient(&d->submission, rcpt->path, rcpt->notify, &e);
    if (done == 0)
        done = d->ops->rcpt(d, &e);
    mark_told(d, first, done < 0);
    give_error(d, stage_of(d, STAGE_RCPT), &e);
}

/* The message. */

static int check_size(struct dialogue *d, struct err *e)
{
    d->octets += d->server.piece.len;
    if (!d->max_size || d->octets <= d->max_size)
        return 0;
    return answer_refuse(552, "5.3.4", "The message is too large", e);
}

static void take_body(struct dialogue *d)
{
    ERR e = { 0 };
    if (d->failure.kind)
        return;
    if (check_size(d, &e) < 0 || reader_feed(&d->reader, d->server.piece, &e) < 0)
        err_move(&d->failure, &e);
}

static int complete(struct dialogue *d, struct err *e)
{
    if (d->failure.kind)
        return -1;
    return reader_finish(&d->reader, e) < 0 ? -1 : submission_store(&d->submission, e);
}

static void take_end(struct dialogue *d)
{
    ERR e = { 0 };
    if (complete(d, &e) == 0) {
        d->ops->end(d);
    } else {
        if (e.kind)
            err_move(&d->failure, &e);
        while (d->server.answers)
            give_error(d, STAGE_DATA, &d->failure);
    }
    forget(d);
}

/* The loop. */

static int say_replies(struct dialogue *d, struct err *e)
{
    if (!d->server.out.len)
        return 0;
    int done = d->ops->write(d, buf_span(&d->server.out), e);
    buf_clear(&d->server.out);
    return done;
}

/* 1, 0 at the end of the input, -1. */
static int get_input(struct dialogue *d, char *room, size_t len, struct err *e)
{
    ssize_t n = d->ops->read(d, room, len, e);
    if (n < 0)
        return -1;
    server_feed(&d->server, (struct span){ room, (size_t)n });
    return n > 0;
}

/* By an answer of its own, at once: the last one goes with it. */
static bool is_followed(enum server_action action)
{
    return action == SERVER_RCPT || action == SERVER_BODY;
}

/* Whoever says QUIT may go without the reply. */
static int converse(struct dialogue *d, struct err *e)
{
    char room[32 * 1024];
    int more = 1;
    while (more > 0) {
        enum server_action action = server_next(&d->server);
        if (!is_followed(action) && say_replies(d, e) < 0)
            return action == SERVER_QUIT ? 0 : -1;
        switch (action) {
        case SERVER_WANT: more = get_input(d, room, sizeof room, e); break;
        case SERVER_MAIL: take_mail(d); break;
        case SERVER_RCPT: take_rcpt(d); break;
        case SERVER_BODY: take_body(d); break;
        case SERVER_END: take_end(d); break;
        case SERVER_RESET: forget(d); break;
        case SERVER_QUEUE: more = d->ops->queue(d, e) < 0 ? -1 : 1; break;
        case SERVER_QUIT: more = 0; break;
        }
    }
    return more;
}

int dialogue_run(struct dialogue *d, bool lmtp, struct err *e)
{
    server_init(&d->server, d->host, lmtp);
    d->server.nonces = d->nonces;
    d->server.lists = d->ops->queue;
    d->server.max_size = d->max_size;
    int done = converse(d, e);
    if (done < 0 && d->begun && !d->failure.kind)
        err_copy(&d->failure, e);
    return done;
}

void dialogue_done(struct dialogue *d)
{
    forget(d);
    server_done(&d->server);
}
