#include "queue/relay.h"

#include "queue/retry.h"

#include <string.h>

/* Time. */

static struct allowance allowance_now(const struct relay *r)
{
    return allowance_of(r->setup.account, r->left_ms, 0);
}

static void spend(struct relay *r, int64_t start)
{
    r->left_ms -= clock_ms() - start;
    if (r->left_ms < 1)
        r->left_ms = 1;
}

/* One exchange with the smarthost. */
static int run(struct relay *r, struct err *e)
{
    int64_t start = clock_ms();
    connection_allow(&r->connection, allowance_now(r));
    int done = transfer_run(&r->transfer, e);
    spend(r, start);
    return done;
}

/* Opening, once and again. */

static bool is_alive(struct relay *r)
{
    return r->connection.open && client_is_alive(&r->connection.client);
}

static int try_connection(struct relay *r)
{
    return connection_open(&r->connection, &r->setup, allowance_now(r), r->message.delivery);
}

/* While others may follow, a try decides nothing for the recipients. */
static int open_connection(struct relay *r, struct err *said)
{
    struct delivery *d = r->message.delivery;
    int64_t start = clock_ms();
    struct patience p = patience_begin();
    size_t n = d->n;
    connection_close(&r->connection);
    d->n = 0;
    int done = try_connection(r);
    while (done < 0 && r->setup.account->is_service && patience_again(&p, d)) {
        verdict_done(&d->session);
        done = try_connection(r);
    }
    d->n = n;
    d->reused = false;
    spend(r, start);
    if (done < 0) {
        err_copy(said, &d->session.err);
        delivery_fail(d, d->session.stage, said);
    }
    return done;
}

static void begin_transfer(struct relay *r)
{
    const struct relay_message *m = &r->message;
    struct txn_message declared = { .eight_bit = m->may_be_8bit, .utf8_addresses = m->smtputf8 };
    reply_done(&r->connection.client.reply);
    declared.utf8_addresses &= caps_has(&r->connection.client.caps, CAP_SMTPUTF8);
    transfer_open(&r->transfer, &r->connection.client, m->envelope, &declared,
                  m->delivery->verdicts);
    r->under_way = true;
}

static void end_transfer(struct relay *r)
{
    if (r->under_way)
        transfer_done(&r->transfer);
    r->under_way = false;
}

/* The connection was lost: another one, and all that was said up to now. */
static int repeat(struct relay *r, struct err *said)
{
    end_transfer(r);
    if (open_connection(r, said) < 0)
        return -1;
    begin_transfer(r);
    return run(r, said);
}

/* MAIL. */

/* Refuses MAIL as the smarthost would. */
static int refuse_mail(int code, const char *enhanced, const char *words, struct err *e)
{
    struct reply reply = { .code = code };
    memccpy(reply.enhanced, enhanced, '\0', sizeof reply.enhanced - 1);
    buf_add_string(&reply.text, words);
    reply_error(&reply, e);
    reply_done(&reply);
    return -1;
}

static int check_size(const struct relay *r, uint64_t limit, struct err *e)
{
    if (!limit || r->message.size <= limit)
        return 0;
    return refuse_mail(552, "5.3.4", "The message is too large", e);
}

/* What the server's offer already rules out. */
static int check_offer(const struct relay *r, struct err *e)
{
    const struct caps *caps = &r->connection.client.caps;
    if (r->message.envelope->sender_utf8 && !caps_has(caps, CAP_SMTPUTF8))
        return refuse_mail(550, "5.6.7", "The sender's address needs SMTPUTF8", e);
    return check_size(r, caps->size, e);
}

/* Says MAIL; a connection that turns out to be dead is opened again, once. */
static int say_mail(struct relay *r, struct err *said)
{
    if (check_offer(r, said) < 0)
        return -1;
    begin_transfer(r);
    int done = run(r, said);
    if (done < 0 && r->message.delivery->reused && said->kind != ERR_TIMEOUT)
        done = repeat(r, said);
    if (done < 0)
        return -1;
    if (r->connection.client.reply.code)
        reply_error(&r->connection.client.reply, said);
    else
        err_set(said, ERR_DATA, "the sender cannot be sent");
    return r->transfer.txn.begun ? 0 : -1;
}

static int take_connection(struct relay *r, const struct connection_setup *setup, struct err *said)
{
    bool same = r->setup.account == setup->account;
    r->setup = *setup;
    r->setup.tls_memory = &r->tls_memory;
    r->left_ms = setup->account->net.timeout_ms;
    if (!same || !is_alive(r))
        return open_connection(r, said);
    r->message.delivery->reused = true;
    r->connection.client.times = (struct client_times){ 0 };
    return 0;
}

int relay_mail(struct relay *r, const struct connection_setup *setup,
               const struct relay_message *message, struct err *said)
{
    struct delivery *d = message->delivery;
    r->message = *message;
    int done = check_size(r, setup->account->mail.max_size, said);
    if (done == 0)
        done = take_connection(r, setup, said);
    if (done == 0)
        done = say_mail(r, said);
    if (done == 0) {
        delivery_note(d, &r->connection.client);
        return 0;
    }
    if (d->session.result == VERDICT_PENDING)
        delivery_fail(d, STAGE_MAIL, said);
    end_transfer(r);
    return -1;
}

/* RCPT. */

/* The transaction has ended before its time; nobody else can be added to it. */
static int refuse_all(struct relay *r, struct err *said)
{
    struct delivery *d = r->message.delivery;
    err_set(said, ERR_CLOSED, "the connection was lost while this message was under way");
    for (size_t i = 0; i < d->n; i++) {
        if (d->verdicts[i].result != VERDICT_PENDING)
            continue;
        d->verdicts[i].result = VERDICT_FAILED;
        d->verdicts[i].stage = STAGE_RCPT;
        err_copy(&d->verdicts[i].err, said);
    }
    return -1;
}

static bool is_over(const struct relay *r)
{
    return !r->under_way || r->transfer.txn.phase == TXN_PHASE_DONE;
}

/* Accepted if one of those from `first` on is; else the first one's verdict. */
static int judge(const struct relay *r, size_t first, struct err *said)
{
    const struct delivery *d = r->message.delivery;
    const struct reply *reply = &r->connection.client.reply;
    for (size_t i = first; i < d->n; i++) {
        if (d->verdicts[i].result != VERDICT_PENDING)
            continue;
        err_done(said);
        if (reply->code < 300)
            reply_error(reply, said);
        return 0;
    }
    if (first < d->n)
        err_copy(said, &d->verdicts[first].err);
    return first < d->n ? -1 : 0;
}

int relay_rcpt(struct relay *r, struct err *said)
{
    struct delivery *d = r->message.delivery;
    ERR e = { 0 };
    size_t first = d->n;
    delivery_grow(d, r->message.envelope->n_rcpts);
    if (is_over(r))
        return refuse_all(r, said);
    bool alive = is_alive(r);
    if (alive)
        transfer_add(&r->transfer, d->verdicts);
    if ((alive ? run(r, &e) : repeat(r, &e)) < 0)
        err_done(&e); /* the verdicts have it */
    return judge(r, first, said);
}

/* The message. */

static void send_anew(struct relay *r, const struct stored *stored)
{
    const struct relay_message *m = &r->message;
    int64_t start = clock_ms();
    ERR e = { 0 };
    end_transfer(r);
    if (open_connection(r, &e) < 0)
        return;
    connection_allow(&r->connection, allowance_now(r));
    client_send(&r->connection.client, m->envelope, stored, false, m->delivery->verdicts);
    spend(r, start);
}

static void send_on(struct relay *r, const struct stored *stored)
{
    ERR e = { 0 };
    transfer_close(&r->transfer, stored);
    if (run(r, &e) < 0)
        err_done(&e); /* the verdicts have it */
    end_transfer(r);
}

void relay_send(struct relay *r, const struct stored *stored)
{
    struct delivery *d = r->message.delivery;
    ERR e = { 0 };
    if (is_over(r))
        (void)refuse_all(r, &e);
    else if (is_alive(r))
        send_on(r, stored);
    else
        send_anew(r, stored);
    if (r->connection.open)
        delivery_note(d, &r->connection.client);
    delivery_explain(d);
}

void relay_forget(struct relay *r)
{
    end_transfer(r);
}

void relay_close(struct relay *r)
{
    end_transfer(r);
    connection_close(&r->connection);
    tls_memory_done(&r->tls_memory);
}
