#include "queue/deliver.h"

#include "auth/secret.h"
#include "net/tls.h"
#include "smtp/hint.h"

#include <stdlib.h>

void delivery_done(struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++)
        verdict_done(&d->verdicts[i]);
    free(d->verdicts);
    verdict_done(&d->session);
    arena_done(&d->arena);
    *d = (struct delivery){ 0 };
}

/* No transaction was begun: every recipient shares the reason. */
static void fail_session(struct delivery *d, enum stage stage, const struct err *err)
{
    d->session.result = verdict_of(err);
    d->session.stage = stage;
    err_copy(&d->session.err, err);
    for (size_t i = 0; i < d->n; i++)
        verdict_copy(&d->verdicts[i], &d->session);
}

static void note_facts(struct delivery *d, const struct client *c)
{
    const struct tls_facts *tls = c->stream ? stream_tls(c->stream) : NULL;
    const struct target *target = c->setup.target;
    d->server = target->host;
    d->port = target->port;
    d->address = arena_string(&d->arena, buf_span(&c->address));
    d->tls_version = tls ? arena_string(&d->arena, span_of(tls->version)) : NULL;
    d->tls_cipher = tls ? arena_string(&d->arena, span_of(tls->cipher)) : NULL;
    d->mech = c->mech ? mech_name(c->mech) : NULL;
    d->times = c->times;
}

static int get_secret(const struct account *account, struct deadline deadline, struct delivery *d,
                      struct buf *ret, struct err *e)
{
    int64_t start = clock_ms();
    if (!auth_opts_wanted(&account->auth))
        return 0;
    int done = secret_get(&account->auth, deadline, &d->arena, ret, &d->notes, e);
    d->secret_ms = clock_ms() - start;
    return done;
}

/* May another host do better? Not after a login or a certificate was refused. */
static bool try_next_host(enum stage stage, const struct err *err)
{
    switch (stage) {
    case STAGE_LOOKUP:
    case STAGE_CONNECT:
    case STAGE_GREETING: return true;
    case STAGE_TLS:
    case STAGE_EHLO: return err_is_temporary(err);
    case STAGE_NONE:
    case STAGE_SECRET:
    case STAGE_STARTTLS:
    case STAGE_AUTH:
    case STAGE_MAIL:
    case STAGE_RCPT:
    case STAGE_DATA:
    case STAGE_BODY:
    case STAGE_END:
    case STAGE_QUIT: return false;
    }
    return false;
}

/* 0 when the message was offered (the verdicts stand), 1 when the next host may be tried. */
static int deliver_to(const struct parcel *parcel, const struct client_setup *setup,
                      struct delivery *d)
{
    ERR e = { 0 };
    struct client client;
    client_init(&client, setup);
    int opened = client_open(&client, &e);
    if (opened == 0)
        client_send(&client, parcel->envelope, parcel->stored, true, d->verdicts);
    note_facts(d, &client);
    bool next = opened < 0 && try_next_host(client.stage, &e);
    if (opened < 0)
        fail_session(d, client.stage, &e);
    client_close(&client);
    return next;
}

static void deliver_by_hosts(const struct parcel *parcel, struct client_setup *setup,
                             struct delivery *d)
{
    const struct net_opts *net = &parcel->account->net;
    for (size_t i = 0; i < net->host.n; i++) {
        ERR e = { 0 };
        struct target target;
        if (target_parse(&d->arena, net->host.items[i], net, &target, &e) < 0) {
            fail_session(d, STAGE_LOOKUP, &e);
            return;
        }
        setup->target = &target;
        if (i > 0)
            verdict_done(&d->session);
        if (deliver_to(parcel, setup, d) == 0 || deadline_passed(setup->deadline))
            return;
    }
}

/* What the server's words are known to mean. */
static void add_hints(struct delivery *d)
{
    if (d->session.result != VERDICT_PENDING)
        hint_apply(d->session.stage, &d->session.err);
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result != VERDICT_SENT)
            hint_apply(d->verdicts[i].stage, &d->verdicts[i].err);
}

void deliver(const struct parcel *parcel, struct delivery *ret)
{
    const struct account *account = parcel->account;
    ERR e = { 0 };
    BUF password = { .secret = true };
    *ret = (struct delivery){ .n = parcel->envelope->n_rcpts };
    ret->verdicts = mem_new(ret->n, sizeof *ret->verdicts);
    struct client_setup setup = { .net = &account->net,
                                  .auth = &account->auth,
                                  .smtp = &account->smtp,
                                  .host = parcel->host,
                                  .deadline = deadline_in(account->net.timeout_ms),
                                  .trace = parcel->trace };
    if (get_secret(account, setup.deadline, ret, &password, &e) < 0) {
        fail_session(ret, STAGE_SECRET, &e);
        return;
    }
    setup.password = buf_span(&password);
    deliver_by_hosts(parcel, &setup, ret);
    add_hints(ret);
}
