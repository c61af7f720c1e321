/* -bs: SMTP on stdin and stdout. The engine (smtp/server) says what the caller wants, the relay
 * hands it on to the smarthost, whose own replies reach the caller. The message itself is read to
 * its end and put into stored form before any of it leaves, as every submission is.
 *
 * With `mode = queue` nobody is asked: what can be kept is accepted. With `mode = try` a failure
 * that may pass is not told; the recipient, or the whole message, is accepted and kept at its end.
 */
#include "base/io.h"
#include "base/sig.h"
#include "cmd/cmd.h"
#include "cmd/dialogue.h"
#include "cmd/exit.h"
#include "cmd/handover.h"
#include "cmd/say.h"
#include "cmd/trace.h"
#include "queue/relay.h"

#include <errno.h>
#include <unistd.h>

struct bs {
    struct dialogue dialogue; /* first: the owner of a dialogue is found by it */
    struct relay relay;
    struct err unfit; /* why no message can be sent at all: the configuration */
    bool local;       /* nobody is asked about the message under way: it will be kept */
    struct trace trace;
    struct ident ident; /* who runs this; lives as long as the relay */
    struct arena arena;
};

static struct bs *owner(struct dialogue *d)
{
    return (struct bs *)d;
}

/* MAIL. */

/* May the message be kept although this has failed? */
static bool may_keep(const struct dialogue *d, const struct err *e)
{
    return handover_mode(&d->submission) != QUEUE_MODE_DIRECT && err_is_temporary(e);
}

/* Nobody has anything to say of the message any more: its recipients wait for the end. */
static void keep_from_now_on(struct dialogue *d)
{
    verdict_done(&d->submitted.delivery.session);
    owner(d)->local = true;
}

static int take_mail(struct dialogue *d, struct err *e)
{
    struct bs *bs = owner(d);
    struct submission *s = &d->submission;
    const struct mail_arguments *mail = &d->server.mail;
    struct connection_setup setup = { s->account, bs->ident.host, trace_hook(&bs->trace) };
    struct relay_message message = { .envelope = &s->envelope,
                                     .size = mail->size,
                                     .may_be_8bit = !mail->body_7bit,
                                     .smtputf8 = mail->smtputf8 || s->envelope.sender_utf8,
                                     .delivery = &d->submitted.delivery };
    if (handover_mode(s) == QUEUE_MODE_QUEUE) {
        keep_from_now_on(d);
        return 0;
    }
    int done = relay_mail(&bs->relay, &setup, &message, e);
    if (done == 0 || !may_keep(d, e))
        return done;
    err_done(e);
    keep_from_now_on(d);
    return 0;
}

/* RCPT. */

static int take_rcpt(struct dialogue *d, struct err *e)
{
    struct bs *bs = owner(d);
    if (bs->local) {
        delivery_grow(&d->submitted.delivery, d->submission.envelope.n_rcpts);
        return 0;
    }
    int done = relay_rcpt(&bs->relay, e);
    if (done == 0 || !may_keep(d, e))
        return done;
    err_done(e); /* the verdict has it */
    return 0;
}

/* The message. */

/* What was accepted here is sent, or else kept. */
static void hand_over(struct dialogue *d)
{
    struct bs *bs = owner(d);
    struct submit_request request;
    trace_notes(&bs->trace, &d->submission.stored.notes);
    if (!bs->local)
        relay_send(&bs->relay, &d->submission.stored);
    trace_delivery(&bs->trace, &d->submitted.delivery);
    handover_prepare(&d->submission, bs->ident.host, trace_hook(&bs->trace), &request);
    if (request.mode != QUEUE_MODE_DIRECT)
        submit_keep(&request, &d->submitted);
}

/* From the end of data on signals wait for the verdict; told it, the process may die. */
static void take_end(struct dialogue *d)
{
    struct answer a = { 0 };
    hand_over(d);
    answer_of_verdicts(d->submitted.delivery.verdicts, d->told, d->submitted.delivery.n, &a);
    if (*d->submitted.id.text)
        buf_addf(&a.words, "\nqueued as %s", d->submitted.id.text);
    dialogue_give(d, &a);
}

static void forget(struct dialogue *d)
{
    relay_forget(&owner(d)->relay);
    owner(d)->local = false;
}

/* The two streams. */

static ssize_t read_input(struct dialogue *d, char *room, size_t len, struct err *e)
{
    ssize_t n = io_read(STDIN_FILENO, room, len);
    if (n < 0)
        return err_system(e, ERR_IO, errno, "standard input");
    if (n == 0 && server_in_message(&d->server))
        return err_set(e, ERR_INPUT, "standard input ended within a message");
    return n;
}

static int write_output(struct dialogue *d, struct span octets, struct err *e)
{
    (void)d;
    int done = say_out(octets, e);
    sig_release();
    return done;
}

static const struct dialogue_ops ops = {
    .mail = take_mail,
    .rcpt = take_rcpt,
    .end = take_end,
    .forget = forget,
    .read = read_input,
    .write = write_output,
};

/* The whole. */

static void start(struct bs *bs, const struct options *o)
{
    ident_get(&bs->arena, &bs->ident);
    bs->trace.level = o->verbose;
    trace_notes(&bs->trace, &bs->dialogue.submission.config.notes);
    bs->dialogue.ops = &ops;
    bs->dialogue.host = bs->ident.host;
    bs->dialogue.unfit = &bs->unfit;
}

static void finish(struct bs *bs)
{
    dialogue_done(&bs->dialogue);
    relay_close(&bs->relay);
    trace_done(&bs->trace);
    arena_done(&bs->arena);
}

/* What would look at, or speak through, the two streams that the dialogue has. */
static int check_options(const struct options *o, struct err *e)
{
    const char *word = o->dry_run ? "--dry-run" : o->json ? "--json" : o->file ? "--file" : NULL;
    return word ? err_set(e, ERR_USAGE, "%s does not go with -bs", word) : 0;
}

static int run(struct bs *bs, const struct options *o, struct err *e)
{
    if (check_options(o, e) < 0)
        return -1;
    if (submission_open(&bs->dialogue.submission, &bs->unfit) < 0 && bs->unfit.kind == ERR_USAGE) {
        err_move(e, &bs->unfit);
        return -1;
    }
    start(bs, o);
    int done = dialogue_run(&bs->dialogue, false, e);
    finish(bs);
    return done;
}

int cmd_smtp(const struct options *o)
{
    struct bs bs = { 0 };
    ERR e = { 0 };
    submission_init(&bs.dialogue.submission, o);
    int done = run(&bs, o, &e);
    submission_done(&bs.dialogue.submission);
    err_done(&bs.unfit);
    if (done == 0)
        return 0;
    say_error(o->name, &e);
    return exit_of_error(&exit_default, &e, STAGE_NONE);
}
