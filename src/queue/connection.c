#include "queue/connection.h"

#include "auth/secret.h"
#include "auth/token.h"
#include "base/sig.h"
#include "queue/hosts.h"

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

/* A client certificate or a Kerberos ticket needs none. */
static int get_secret(struct connection *c, const struct account *account, struct deadline deadline,
                      struct delivery *d, struct err *e)
{
    int64_t start = clock_ms();
    if (!auth_opts_wanted(&account->auth) || !secret_source(&account->auth))
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
    case STAGE_GREETING: return true;
    case STAGE_CONNECT: return err->kind != ERR_AUTH; /* of a proxy, which will be the same */
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

static int open_once(struct connection *c, const struct client_setup *setup, struct delivery *d,
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

/* One host. On failure `stage` says where. A TLS session that cannot be resumed, maybe because its
 * certificate is none that we trust any more, stands in nobody's way: a full handshake decides. */
static int open_client(struct connection *c, const struct client_setup *setup, struct delivery *d,
                       enum stage *stage, struct err *e)
{
    struct tls_memory *memory = setup->tls_memory;
    if (memory)
        tls_memory_aim(memory, setup->target, setup->net);
    if (open_once(c, setup, d, stage, e) == 0)
        return 0;
    if (!memory || !memory->offered || *stage != STAGE_TLS || e->kind == ERR_TIMEOUT || sig_stop())
        return -1;
    memory->offered = false;
    return open_once(c, setup, d, stage, e);
}

/* What gives the token has failed: for now, or for good, so that the refusal stands. */
static int not_renewed(struct delivery *d, enum stage *stage, struct err *why, struct err *e)
{
    if (err_is_temporary(why)) {
        *stage = STAGE_SECRET;
        err_move(e, why);
    } else {
        strlist_add(&d->arena, &d->notes, arena_string(&d->arena, span_of(why->text)));
    }
    return -1;
}

/* A token that is refused may only have run out: its command is asked once for a new one. Any other
 * login that is refused stays refused. */
static int open_host(struct connection *c, struct client_setup *setup, struct delivery *d,
                     enum stage *stage, struct err *e)
{
    ERR why = { 0 };
    if (open_client(c, setup, d, stage, e) == 0)
        return 0;
    if (*stage != STAGE_AUTH || e->code != 535 || !(c->client.mech & MECHS_OAUTH) || sig_stop())
        return -1;
    if (token_renew(setup->auth, setup->deadline, &c->password, &why) < 0)
        return not_renewed(d, stage, &why, e);
    setup->password = buf_span(&c->password);
    return open_client(c, setup, d, stage, e);
}

static void tell(const struct client_setup *setup, const char *what, struct span words)
{
    BUF line = { 0 };
    if (!setup->trace.note)
        return;
    buf_add_string(&line, what);
    buf_add_span(&line, words);
    setup->trace.note(setup->trace.context, buf_span(&line));
}

/* The server in c->target. */
static int try_host(struct connection *c, struct client_setup *setup, const struct hosts *hosts,
                    struct delivery *d, enum stage *stage, struct err *e)
{
    BUF place = { 0 };
    hosts_describe(&place, &c->target, setup->net);
    tell(setup, "trying ", buf_span(&place));
    setup->reach = hosts_share(hosts, setup->deadline);
    return open_host(c, setup, d, stage, e);
}

static int open_by_hosts(struct connection *c, struct client_setup *setup, struct delivery *d,
                         enum stage *stage, struct err *e)
{
    struct hosts hosts = { .arena = &c->arena, .net = setup->net };
    for (;;) {
        *stage = STAGE_LOOKUP;
        int more = hosts_next(&hosts, setup->deadline, &c->target, e);
        if (more > 0 && try_host(c, setup, &hosts, d, stage, e) == 0)
            return 0;
        if (sig_stop())
            return err_set(e, ERR_TEMPORARY, "stopped by signal %d", sig_stop());
        if (!try_next_host(*stage, e) || !hosts_have_more(&hosts) ||
            deadline_passed(setup->deadline))
            return -1;
        tell(setup, "on to the next server: ", span_of(e->text));
    }
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
                                   .trace = setup->trace,
                                   .tls_memory = setup->tls_memory };
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
