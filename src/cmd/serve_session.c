/* A session's messages are put into the spool, and its answers are what becomes of them.
 *
 * It has the service's rights and believes nothing but the kernel: the user is whoever holds the
 * other end. Only an explicit end of data commits a message; who dies or goes silent before that
 * has sent nothing. A client may be silent for COMMAND_MS, and take MESSAGE_MS for a message. */
#include "cmd/serve_session.h"

#include "base/clock.h"
#include "base/sig.h"
#include "cmd/dialogue.h"
#include "cmd/handover.h"
#include "cmd/kept.h"
#include "cmd/serve_count.h"
#include "cmd/serve_limits.h"
#include "cmd/serve_queue.h"
#include "cmd/serve_verdict.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
    COMMAND_MS = 60 * 1000,
    MESSAGE_MS = 5 * 60 * 1000,
    END_MS = 10 * 1000,
};

struct serve_session {
    struct dialogue dialogue; /* first: the owner of a dialogue is found by it */
    const struct serve *serve;
    struct serve_user user;
    struct ident ident; /* of the user */
    struct spool spool;
    int fd;
    struct deadline message; /* of the one that is coming */
    struct waiter *waiter;   /* shared with the parent */
    struct waiting waiting;  /* for the verdict on the last one; open until its client knows */
    bool telling;            /* refusals are on their way to the client */
    struct arena arena;
};

static struct serve_session *owner(struct dialogue *d)
{
    return (struct serve_session *)d;
}

/* MAIL and RCPT. */

static int check_declared_size(const struct dialogue *d, struct err *e)
{
    const struct mail_arguments *mail = &d->server.mail;
    if (!d->max_size || !mail->size_given || mail->size <= d->max_size)
        return 0;
    return answer_refuse(552, "5.3.4", "The message is too large", e);
}

/* What is here already was counted, and found room. */
static bool is_given_again(const struct serve_session *s)
{
    struct queue_id id;
    const char *nonce = s->dialogue.server.mail.nonce;
    return *nonce && queue_id_of_nonce(s->user.peer.uid, span_of(nonce), time(NULL), &id) == 0 &&
           spool_find_trace(&s->spool, &id) != FOLDERS;
}

static int check_rate(const struct serve_session *s, bool take, struct err *e)
{
    if (!s->user.opts->rate_messages || is_given_again(s))
        return 0;
    return serve_allows_message(&s->user, &s->spool, take, e);
}

static int take_mail(struct dialogue *d, struct err *e)
{
    struct serve_session *s = owner(d);
    if (serve_allows_user(&s->user, e) < 0 || check_declared_size(d, e) < 0 ||
        serve_allows_sender(&s->user, d->submission.envelope.sender, e) < 0)
        return -1;
    if (check_rate(s, false, e) < 0)
        return -1;
    s->message = deadline_in(MESSAGE_MS);
    return 0;
}

static int take_rcpt(struct dialogue *d, struct err *e)
{
    (void)e;
    delivery_grow(&d->submitted.delivery, d->submission.envelope.n_rcpts);
    return 0;
}

/* The message. */

/* The client has read what became of the last one. */
static void told(struct serve_session *s)
{
    if (s->telling)
        waiting_told(&s->waiting);
    s->telling = false;
    waiting_close(&s->waiting);
}

/* Another one may be given again by a client that has lost its connection: the same nonce makes the
 * same name. */
static int give_name(struct serve_session *s, struct entry *entry, struct err *e)
{
    const char *nonce = s->dialogue.server.mail.nonce;
    entry->uid = s->user.peer.uid;
    if (!*nonce)
        return 0;
    entry->nonce = arena_string(&s->dialogue.submission.arena, span_of(nonce));
    if (queue_id_of_nonce(entry->uid, span_of(nonce), time(NULL), &entry->id) == 0)
        return 0;
    return answer_refuse(451, "4.3.0", "The clock of XNONCE is wrong", e);
}

static int check_room(const struct serve_session *s, struct err *e)
{
    const struct queue_opts *opts = &s->serve->config.queue;
    const struct spool_limits limits = { opts->max_messages, opts->max_bytes };
    uint64_t size = stored_size(&s->dialogue.submission.stored);
    if (check_rate(s, true, e) < 0)
        return -1;
    if (spool_check_room(&s->spool, limits, size, e) < 0 && !is_given_again(s))
        return -1;
    err_done(e);
    return 0;
}

/* Who gave it to us. Whoever delivers it, writes down what becomes of it. */
static void record_kept(struct dialogue *d)
{
    struct delivery *delivery = &d->submitted.delivery;
    for (size_t i = 0; i < delivery->n; i++)
        delivery->verdicts[i].result = VERDICT_QUEUED;
    dialogue_record(d);
}

/* What was given before is not counted twice. */
static int commit(struct serve_session *s, struct err *e)
{
    struct dialogue *d = &s->dialogue;
    struct submission *submission = &d->submission;
    struct submit_request request;
    if (check_room(s, e) < 0)
        return -1;
    handover_prepare(submission, d->host, (struct stream_trace){ 0 }, &request);
    struct entry entry =
        entry_of(&submission->arena, &request.route, &submission->envelope, &submission->stored);
    if (give_name(s, &entry, e) < 0)
        return -1;
    int done = waiting_commit(&s->spool, &entry, &submission->stored, &s->waiting, e);
    if (done < 0)
        return -1;
    d->submitted.id = entry.id;
    if (done > 0)
        record_kept(d);
    d->recorded = true;
    return 0;
}

static void fail(struct delivery *d, const struct err *problem)
{
    for (size_t i = 0; i < d->n; i++) {
        struct verdict *v = &d->verdicts[i];
        v->stage = STAGE_END;
        v->result = verdict_of(problem);
        err_copy(&v->err, problem);
    }
}

/* One reply for all cannot tell of some that are refused: then they are bounced. */
static void settle_smtp(struct delivery *d)
{
    size_t refused = serve_refusals(d);
    for (size_t i = 0; refused < d->n && i < d->n; i++)
        if (d->verdicts[i].result == VERDICT_REFUSED) {
            verdict_done(&d->verdicts[i]);
            d->verdicts[i].result = VERDICT_QUEUED;
        }
}

static void wait_for_verdict(struct serve_session *s)
{
    struct dialogue *d = &s->dialogue;
    struct delivery *delivery = &d->submitted.delivery;
    int64_t wait_ms = s->serve->config.serve.wait_ms;
    s->waiting.waiter = s->waiter;
    if (wait_ms && s->serve->config.queue.mode != QUEUE_MODE_QUEUE)
        (void)waiting_for(&s->waiting, deadline_in(wait_ms));
    serve_verdicts(&s->waiting, &d->submission.envelope, delivery);
    if (!d->server.lmtp)
        settle_smtp(delivery);
    s->telling = serve_refusals(delivery) > 0;
}

/* Of the recipients that have come of one RCPT, or under SMTP of all. */
static void answer(struct dialogue *d, struct dialogue_group group)
{
    struct answer a = { 0 };
    const struct verdict *verdicts = d->submitted.delivery.verdicts + group.first;
    const struct verdict *queued = NULL;
    size_t settled = 0;
    for (size_t i = 0; i < group.n; i++) {
        settled += verdict_is_settled(&verdicts[i]);
        if (verdicts[i].result == VERDICT_QUEUED && (!queued || !queued->err.kind))
            queued = &verdicts[i];
    }
    answer_of_verdicts(verdicts, d->told + group.first, group.n, &a);
    if (queued && settled == group.n) {
        answer_done(&a);
        a.code = 250;
        kept_write(&d->submitted.id, queued, &a.words);
    }
    dialogue_give(d, &a);
}

/* Once a message is kept, signals wait until its client knows. */
static void take_end(struct dialogue *d)
{
    ERR e = { 0 };
    sig_hold();
    told(owner(d));
    if (commit(owner(d), &e) < 0)
        fail(&d->submitted.delivery, &e);
    else
        wait_for_verdict(owner(d));
    if (!d->server.lmtp)
        answer(d, (struct dialogue_group){ 0, d->submitted.delivery.n });
    for (size_t i = 0; d->server.lmtp && i < d->n_groups; i++)
        answer(d, d->groups[i]);
}

static int show_queue(struct dialogue *d, struct err *e)
{
    struct serve_session *s = owner(d);
    return serve_queue(d, s->serve, s->user.peer.uid, d->server.json, e);
}

static void forget(struct dialogue *d)
{
    owner(d)->message = (struct deadline){ 0 };
}

/* The connection. Whoever speaks again, or ends his side in order, has read what was said to him:
 * one who goes without that resets the connection. */

static int wait_for(struct serve_session *s, short events, struct deadline deadline, struct err *e)
{
    struct pollfd p = { .fd = s->fd, .events = events };
    for (;;) {
        int ready = poll(&p, 1, deadline_left(deadline));
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return err_system(e, ERR_SYSTEM, errno, "poll");
        if (deadline_passed(deadline))
            return err_set(e, ERR_TIMEOUT, "the client was silent for too long");
    }
}

static int write_output(struct dialogue *d, struct span octets, struct err *e)
{
    struct serve_session *s = owner(d);
    struct deadline deadline = deadline_in(COMMAND_MS);
    while (octets.len) {
        ssize_t n = send(s->fd, octets.at, octets.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            octets = span_from(octets, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return err_system(e, ERR_CLOSED, errno, "the client has gone");
        else if (wait_for(s, POLLOUT, deadline, e) < 0)
            return -1;
    }
    sig_release();
    return 0;
}

static void say_goodbye(struct dialogue *d)
{
    ERR ignored = { 0 };
    if (write_output(d, SPAN("421 4.4.2 You were silent for too long\r\n"), &ignored) < 0)
        return;
}

static ssize_t read_input(struct dialogue *d, char *room, size_t len, struct err *e)
{
    struct serve_session *s = owner(d);
    ssize_t n;
    if (wait_for(s, POLLIN, deadline_min(deadline_in(COMMAND_MS), s->message), e) < 0) {
        if (e->kind == ERR_TIMEOUT)
            say_goodbye(d);
        return -1;
    }
    do
        n = recv(s->fd, room, len, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_system(e, ERR_CLOSED, errno, "the client has gone");
    if (n == 0 && server_in_message(&d->server))
        return err_set(e, ERR_CLOSED, "the client has gone within a message");
    told(s);
    return n;
}

/* QUIT may have come with the message: then nobody has spoken since the answer. */
static void await_end(struct serve_session *s)
{
    ERR ignored = { 0 };
    char room[64];
    shutdown(s->fd, SHUT_WR);
    if (wait_for(s, POLLIN, deadline_in(END_MS), &ignored) == 0 &&
        recv(s->fd, room, sizeof room, MSG_DONTWAIT) >= 0)
        told(s);
}

static const struct dialogue_ops ops = {
    .mail = take_mail,
    .rcpt = take_rcpt,
    .end = take_end,
    .queue = show_queue,
    .forget = forget,
    .read = read_input,
    .write = write_output,
};

/* The whole. */

static void start(struct serve_session *s, const struct serve_peer *peer)
{
    struct dialogue *d = &s->dialogue;
    ident_of(&s->arena, peer->uid, &s->ident);
    s->user = (struct serve_user){ &s->serve->config.serve, &s->ident, *peer };
    submission_adopt(&d->submission, s->serve->options, &s->ident, &s->serve->config);
    d->ops = &ops;
    d->host = s->ident.host;
    d->max_size = s->serve->config.serve.max_size;
    d->nonces = true;
    d->submitter = true;
    d->uid = peer->uid;
    d->pid = peer->pid;
}

static int run(struct serve_session *s, const struct serve_peer *peer, bool lmtp, struct err *e)
{
    if (spool_open(s->serve->spool, true, &s->spool, e) < 0)
        return -1;
    start(s, peer);
    int done = dialogue_run(&s->dialogue, lmtp, e);
    if (done == 0 && s->telling)
        await_end(s);
    waiting_close(&s->waiting);
    dialogue_done(&s->dialogue);
    spool_close(&s->spool);
    return done;
}

int serve_session_run(const struct serve *serve, int fd, const struct serve_peer *peer, bool lmtp,
                      struct waiter *waiter)
{
    ERR e = { 0 };
    struct serve_session s = { .serve = serve, .fd = fd, .waiter = waiter };
    serve_limit_session();
    int done = run(&s, peer, lmtp, &e);
    close(fd);
    arena_done(&s.arena);
    return done < 0 ? EX_TEMPFAIL : EX_OK;
}
