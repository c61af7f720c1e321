#include "queue/connection.h"

#include "auth/secret.h"
#include "base/sig.h"

struct allowance allowance_of(const struct account *account, int64_t left_ms, int64_t budget_ms)
{
    struct deadline whole = { 0 }, none = { 0 };
    if (account->net.timeout_ms > 0)
        whole = deadline_in(left_ms);
    return (struct allowance){ .deadline = deadline_min(whole, deadline_in(budget_ms)),
                               .end = account->net.timeout_explicit ? whole : none };
}

void connection_allow(struct connection *c, struct allowance allowance)
{
    c->client.setup.deadline = allowance.deadline;
    c->client.setup.end = allowance.end;
}

static int get_secret(struct connection *c, const struct account *account, struct deadline deadline,
                      struct delivery *d, struct err *e)
{
    int64_t start = clock_ms();
    if (!auth_opts_wanted(&account->auth))
        return 0;
    int done = secret_get(&account->auth, deadline, &d->arena, &c->password, &d->notes, e);
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

/* One host. On failure `stage` says where. */
static int open_client(struct connection *c, const struct client_setup *setup, struct delivery *d,
                       enum stage *stage, struct err *e)
{
    client_init(&c->client, setup);
    c->open = client_open(&c->client, e) == 0;
    delivery_note(d, &c->client);
    *stage = c->client.stage;
    if (c->open)
        return 0;
    client_close(&c->client);
    return -1;
}

static int open_by_hosts(struct connection *c, struct client_setup *setup, struct delivery *d,
                         enum stage *stage, struct err *e)
{
    const struct strlist *hosts = &setup->net->host;
    *stage = STAGE_LOOKUP;
    for (size_t i = 0; i < hosts->n; i++) {
        if (target_parse(&c->arena, hosts->items[i], setup->net, &c->target, e) < 0) {
            *stage = STAGE_LOOKUP;
            return -1;
        }
        if (open_client(c, setup, d, stage, e) == 0)
            return 0;
        if (sig_stop())
            return err_set(e, ERR_TEMPORARY, "stopped by signal %d", sig_stop());
        if (!try_next_host(*stage, e) || deadline_passed(setup->deadline))
            return -1;
    }
    return -1;
}

int connection_open(struct connection *c, const struct connection_setup *setup,
                    struct allowance allowance, struct delivery *d)
{
    const struct account *account = setup->account;
    enum stage stage = STAGE_SECRET;
    ERR e = { 0 };
    *c = (struct connection){ .password = { .secret = true } };
    struct client_setup client = { .target = &c->target,
                                   .net = &account->net,
                                   .auth = &account->auth,
                                   .smtp = &account->smtp,
                                   .host = setup->host,
                                   .deadline = allowance.deadline,
                                   .end = allowance.end,
                                   .trace = setup->trace };
    int done = get_secret(c, account, allowance.deadline, d, &e);
    client.password = buf_span(&c->password);
    if (done == 0)
        done = open_by_hosts(c, &client, d, &stage, &e);
    if (done == 0)
        return 0;
    delivery_fail(d, stage, &e);
    connection_close(c);
    return -1;
}

void connection_close(struct connection *c)
{
    if (c->open)
        client_close(&c->client);
    buf_done(&c->password);
    arena_done(&c->arena);
    *c = (struct connection){ 0 };
}
