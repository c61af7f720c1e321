#include "smtp/transfer.h"

#include "base/sig.h"
#include "mail/wire.h"
#include "smtp/command.h"
#include "smtp/dot.h"

#include <errno.h>
#include <unistd.h>

enum {
    FLUSH_AT = 64 * 1024,            /* octets queued before they are sent */
    CHUNK = 1024 * 1024,             /* of BDAT, where a refusal can come between two */
    HURRY_MS = 60 * 1000,            /* with less than that left nothing is risked */
    END_TIMEOUT_MS = 10 * 60 * 1000, /* RFC 5321 section 4.5.3.2.6 */
};

int transfer_hear(struct client *c, struct session *s, struct err *e)
{
    int got;
    do
        got = client_take_reply(c, e);
    while (got > 0 && session_reply(s, &c->reply, e) == 0);
    c->broken |= got != 0;
    return got ? -1 : 0;
}

/* Sends what is queued until at most `rest` octets are left. A server that speaks meanwhile, or as
 * its last words, is heard. */
static int flush(struct transfer *x, size_t rest, struct err *e)
{
    struct stream *stream = x->client->stream;
    for (;;) {
        int sent = stream_flush(stream, false, e);
        if (stream_pending(stream) <= rest)
            return 0;
        ERR early = { 0 };
        if (stream_input(stream).len && transfer_hear(x->client, x->session, &early) < 0) {
            err_move(e, &early);
            return -1;
        }
        if (sent < 0)
            return -1;
    }
}

/* Queues some of the content, and sends if much is queued. */
static int put_octets(struct transfer *x, struct span octets, struct err *e)
{
    struct stream *stream = x->client->stream;
    if (stream_pending(stream) + octets.len < FLUSH_AT) {
        stream_put(stream, octets);
        return 0;
    }
    stream_put_large(stream, octets);
    if (stream_pending(stream) < FLUSH_AT)
        return 0;
    client_set_deadline(x->client, x->client->setup.net->command_timeout_ms);
    return flush(x, FLUSH_AT - 1, e);
}

/* Content without its end; what is left to send stays queued. */
static int put_content(struct transfer *x, struct dot *dot, struct err *e)
{
    struct wire wire;
    struct span piece, run;
    int more;
    int done = 0;
    wire_init(&wire, x->stored, x->downgrade);
    while (done == 0 && (more = wire_next(&wire, &piece, e)) != 0) {
        done = more < 0 ? -1 : 0;
        while (done == 0 && dot_next(dot, &piece, &run))
            done = put_octets(x, run, e);
    }
    wire_done(&wire);
    return done;
}

/* The next BDAT, of `left` octets or less. Without PIPELINING each would cost a round trip. */
static uint64_t put_bdat(struct transfer *x, uint64_t left)
{
    BUF command = { 0 };
    uint64_t size = x->session->pipelining && left > CHUNK ? CHUNK : left;
    command_bdat(&command, size, size == left);
    stream_put(x->client->stream, buf_span(&command));
    if (size < left)
        session_chunk_sent(x->session);
    return size;
}

/* What has been announced as so large must be so. */
static int has_changed(struct err *e)
{
    return err_set(e, ERR_IO, "the message has changed while it was sent");
}

/* Content as chunks, but for the very last octet: it is the end of data, and must not leave with
 * what is queued before it is meant to. */
static int put_chunks(struct transfer *x, char *last, struct err *e)
{
    CLEANUP(wire_done) struct wire wire;
    struct span piece;
    int more;
    uint64_t left = x->txn.message.size;
    uint64_t room = put_bdat(x, left);
    wire_init(&wire, x->stored, x->downgrade);
    while ((more = wire_next(&wire, &piece, e)) > 0) {
        if (piece.len > left)
            return has_changed(e);
        while (piece.len) {
            room = room ? room : put_bdat(x, left);
            size_t n = piece.len < room ? piece.len : (size_t)room;
            struct span run = { piece.at, n };
            piece = span_from(piece, n);
            room -= n;
            left -= n;
            if (!left)
                *last = run.at[--run.len];
            if (run.len && put_octets(x, run, e) < 0)
                return -1;
        }
    }
    return more == 0 && left ? has_changed(e) : more;
}

/* If the mark cannot be written nothing leaves. With nobody accepted there is nothing to mark. */
static int write_intent(struct transfer *x, struct err *e)
{
    struct intent *intent = &x->client->intent;
    if (!intent->mark || (!x->txn.accepted && !x->txn.unanswered))
        return 0;
    ssize_t done;
    do
        done = pwrite(intent->fd, &intent->mark, 1, (off_t)intent->at);
    while (done < 0 && errno == EINTR);
    if (done != 1)
        return err_system(e, ERR_IO, errno, "the message was not sent: its file cannot be marked");
    intent->written = true;
    return 0;
}

/* The point of no return: once the end of data has left, a lost connection leaves the outcome open,
 * and signals no longer end the process at once. What comes in from then on is the answer. */
static int end_content(struct transfer *x, struct span end, struct err *e)
{
    struct client *c = x->client;
    BUF quit = { 0 };
    stream_peek(c->stream);
    if (transfer_hear(c, x->session, e) < 0)
        return -1;
    int stop = sig_stop();
    if (stop)
        return err_set(e, ERR_TEMPORARY, "stopped by signal %d", stop);
    sig_hold();
    if (write_intent(x, e) < 0)
        return -1;
    session_end_content(x->session, &quit);
    stream_put(c->stream, end);
    stream_put(c->stream, buf_span(&quit));
    if (flush(x, quit.len, e) < 0)
        return -1;
    session_content_sent(x->session);
    c->answer_by = deadline_in(END_TIMEOUT_MS);
    return 0;
}

static int send_content(struct transfer *x, struct err *e)
{
    struct dot dot = { 0 };
    x->client->stage = session_stage(x->session);
    if (x->txn.chunking) {
        char last = 0;
        struct span end = { &last, x->txn.message.size ? 1 : 0 };
        return put_chunks(x, &last, e) < 0 ? -1 : end_content(x, end, e);
    }
    if (put_content(x, &dot, e) < 0)
        return -1;
    return end_content(x, dot_end(&dot), e);
}

/* The end of data may take long to be answered, and no limit binds it that was not asked for:
 * giving up would leave the outcome open. */
static void limit_reply(struct client *c, const struct session *s)
{
    if (session_end_has_left(s))
        stream_set_deadline(c->stream, deadline_min(c->setup.end, c->answer_by));
    else
        client_set_deadline(c, c->setup.net->command_timeout_ms);
}

bool transfer_listen(struct client *c, const struct session *s, int other)
{
    limit_reply(c, s);
    return stream_listen(c->stream, other);
}

int transfer_read(struct client *c, struct session *s, struct err *e)
{
    c->stage = session_stage(s);
    limit_reply(c, s);
    if (client_read_reply(c, e) < 0)
        return -1;
    return session_reply(s, &c->reply, e);
}

int transfer_perform(struct transfer *x, bool ahead, struct err *e)
{
    BUF out = { 0 };
    int done = 0;
    const struct txn *oldest = session_oldest(x->session);
    for (;;) {
        if (ahead && session_may_follow(x->session))
            return 0;
        bool idle = session_is_idle(x->session);
        enum session_step step = session_next(x->session, &out);
        if (idle && step != SESSION_HOLD && client_expect_silence(x->client, e) < 0)
            return -1;
        if (step == SESSION_READ && oldest != &x->txn && oldest->phase == TXN_PHASE_DONE)
            return 1;
        switch (step) {
        case SESSION_SEND:
            stream_put(x->client->stream, buf_span(&out));
            buf_clear(&out);
            continue;
        case SESSION_CONTENT: done = send_content(x, e); break;
        case SESSION_LONE_DOT: done = end_content(x, SPAN(".\r\n"), e); break;
        case SESSION_READ: done = transfer_read(x->client, x->session, e); break;
        case SESSION_HOLD:
        case SESSION_DONE: return 0;
        }
        if (done < 0)
            return -1;
    }
}

/* What the wire form is like if the server takes 8-bit text, or not. */
static int describe(struct transfer *x, bool takes_8bit, struct txn_message *ret, struct err *e)
{
    const struct stored *stored = x->stored;
    x->downgrade = stored->eight_bit && stored->qp_allowed && !takes_8bit;
    *ret = (struct txn_message){ .eight_bit = stored->eight_bit && !x->downgrade,
                                 .utf8_addresses = stored->utf8_addresses };
    return wire_size(stored, x->downgrade, &ret->size, e);
}

/* A server that offers it in clear text over a network may not be the one that offers it. */
static bool may_chunk(const struct client *c)
{
    bool sure = stream_tls(c->stream) || target_is_local(c->setup.target);
    return sure && !c->unchunked && c->setup.smtp->chunking != SWITCH_OFF &&
           caps_has(&c->caps, CAP_CHUNKING);
}

bool transfer_may_pipeline(const struct client *c)
{
    return caps_has(&c->caps, CAP_PIPELINING) && c->setup.smtp->pipelining != SWITCH_OFF;
}

static void start(struct transfer *x, const struct envelope *envelope,
                  const struct txn_message *message, struct verdict *verdicts)
{
    struct client *c = x->client;
    txn_init(&x->txn, envelope, message, &c->caps, verdicts);
    x->txn.lmtp = c->lmtp;
    x->txn.bdat_known = c->bdat_known;
}

void transfer_begin(struct transfer *x)
{
    struct client *c = x->client;
    if (c->unclean)
        x->txn.phase = TXN_PHASE_RSET;
    session_init(x->session, &x->txn, transfer_may_pipeline(c), x->last);
}

void transfer_open(struct transfer *x, struct client *c, const struct envelope *envelope,
                   const struct txn_message *declared, struct verdict *verdicts)
{
    *x = (struct transfer){ .client = c, .session = &x->own };
    start(x, envelope, declared, verdicts);
    transfer_begin(x);
    x->txn.open = true;
}

void transfer_add(struct transfer *x, struct verdict *verdicts)
{
    txn_add(&x->txn, verdicts);
}

void transfer_close(struct transfer *x, const struct stored *stored)
{
    ERR e = { 0 };
    struct txn_message message;
    bool takes_8bit = x->txn.message.eight_bit && caps_has(&x->client->caps, CAP_8BITMIME);
    x->stored = stored;
    if (describe(x, takes_8bit, &message, &e) < 0)
        txn_broken(&x->txn, STAGE_BODY, &e);
    else
        txn_close(&x->txn, &message);
}

void transfer_note(struct transfer *x)
{
    struct client *c = x->client;
    c->quit_sent = x->session->quit_sent;
    c->rested = false;
    c->unclean = x->txn.begun;
    c->unchunked |= x->txn.unchunked;
    c->bdat_known = x->txn.bdat_known;
    c->mails += x->txn.mails;
    x->txn.mails = 0;
}

int transfer_run(struct transfer *x, struct err *e)
{
    struct client *c = x->client;
    int64_t start_ms = clock_ms();
    int done = transfer_perform(x, false, e);
    if (done < 0) {
        c->broken = true;
        session_broken(x->session, c->stage, e);
    }
    transfer_note(x);
    c->times.transfer_ms += clock_ms() - start_ms;
    return done;
}

void transfer_done(struct transfer *x)
{
    session_done(&x->own);
    txn_done(&x->txn);
}

void transfer_fail(const struct envelope *envelope, enum stage stage, const struct err *err,
                   struct verdict *verdicts)
{
    for (size_t i = 0; i < envelope->n_rcpts; i++) {
        if (verdicts[i].result != VERDICT_PENDING)
            continue;
        verdicts[i].result = verdict_of(err);
        verdicts[i].stage = stage;
        err_copy(&verdicts[i].err, err);
    }
}

bool transfer_is_hurried(const struct client *c)
{
    struct deadline soon = deadline_in(HURRY_MS);
    return c->setup.deadline.at && c->setup.deadline.at < soon.at;
}

int transfer_prepare(struct transfer *x, const struct envelope *envelope, struct verdict *verdicts,
                     struct err *e)
{
    struct client *c = x->client;
    struct txn_message message;
    if (describe(x, caps_has(&c->caps, CAP_8BITMIME), &message, e) < 0)
        return -1;
    start(x, envelope, &message, verdicts);
    x->txn.chunking = may_chunk(c);
    x->txn.hurried = transfer_is_hurried(c) || c->rested;
    if (c->caps.mail_max)
        x->txn.mail_limit = c->caps.mail_max - c->mails;
    return 0;
}

/* As far as it goes over this connection: 1 when a new one is needed for the rest, -1 when the
 * message cannot be sent at all. */
static int send_part(struct transfer *x, const struct envelope *envelope, struct verdict *verdicts,
                     struct err *e)
{
    ERR lost = { 0 };
    if (client_is_spent(x->client))
        return 1;
    if (transfer_prepare(x, envelope, verdicts, e) < 0)
        return -1;
    transfer_begin(x);
    if (transfer_run(x, &lost) < 0)
        err_done(&lost); /* the verdicts have it */
    bool rest = txn_has_rest(&x->txn);
    transfer_done(x);
    return rest;
}

static int renew(struct client *c, struct err *e)
{
    const struct stream_trace *trace = &c->setup.trace;
    if (sig_caught())
        return err_set(e, ERR_TEMPORARY, "stopped by signal %d", sig_caught());
    if (trace->note)
        trace->note(trace->context, c->unchunked ? SPAN("the server does not know BDAT: once more, "
                                                        "with DATA")
                                                 : SPAN("the server takes no more messages on this "
                                                        "connection: another one"));
    return client_renew(c, e);
}

void client_send(struct client *c, const struct envelope *envelope, const struct stored *stored,
                 bool last, struct verdict *verdicts)
{
    ERR e = { 0 };
    int more;
    do {
        struct transfer x = { .client = c, .stored = stored, .last = last };
        x.session = &x.own;
        c->stage = STAGE_BODY;
        more = send_part(&x, envelope, verdicts, &e);
        if (more > 0 && renew(c, &e) < 0)
            more = -1;
    } while (more > 0);
    if (more < 0)
        transfer_fail(envelope, c->stage, &e, verdicts);
}
