#include "queue/carrier.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/sig.h"

#include <stdlib.h>
#include <time.h>

enum { REST_MS = 1000 };

/* Trouble. */

static void tell_trouble(const struct carrier *c, const struct verdict *why, const char *server)
{
    BUF place = { 0 };
    char next[sizeof "2026-01-01 00:00"] = "?";
    struct tm local;
    time_t at = (time_t)c->standing.next_s;
    if (server)
        buf_addf(&place, " (%s, %s)", server, stage_name(why->stage));
    if (localtime_r(&at, &local))
        strftime(next, sizeof next, "%Y-%m-%d %H:%M", &local);
    notice_tell(&c->setup->notice, why->err.hint, "account %s: %s%s; next try %s",
                c->setup->route->account, why->err.text, buf_string(&place), next);
}

static void forget_suspicion(struct carrier *c)
{
    verdict_done(&c->suspicion);
    c->suspicion = (struct verdict){ 0 };
    free(c->suspected);
    c->suspected = NULL;
}

/* Not while others are on it. */
static void give_up_connection(struct carrier *c)
{
    c->leaving = c->flying;
    if (!c->flying)
        connection_close(&c->connection);
}

static void note_trouble(struct carrier *c, const struct verdict *why, const char *server)
{
    standing_fail(&c->standing, &c->schedule, why, time(NULL), (uint32_t)random_number());
    standing_save(c->setup->spool, c->setup->route, &c->standing);
    c->in_trouble = true;
    give_up_connection(c);
    tell_trouble(c, why, server);
    forget_suspicion(c);
}

/* Some servers repeat what somebody else's has told them. The next message shows who is meant. */
bool carrier_may_mean_message(const struct verdict *v)
{
    return v->stage > STAGE_MAIL || (v->stage == STAGE_MAIL && v->err.code != 421);
}

static void suspect(struct carrier *c, const struct verdict *why, const char *server)
{
    verdict_copy(&c->suspicion, why);
    c->suspected = server ? mem_string(server) : NULL;
}

/* Life. */

/* What has been loaded stays in use until HUP, whatever stands in its files by now. */
static bool is_of(const struct config *config, const struct route *route)
{
    const struct route known = { config->only, route->account, config->sets };
    return route_equals(&known, route);
}

static int load(struct carrier *c, struct err *e)
{
    const struct worker_setup *setup = c->setup;
    struct config *config = setup->config;
    if (config && is_of(config, setup->route))
        return config_choose(config, setup->route->account, NULL, NULL, &c->account, e);
    struct config_request request = { .ident = setup->ident,
                                      .file = setup->route->config,
                                      .sets = setup->route->sets };
    if (!request.file)
        unsetenv("POSTBAG_CONFIG"); /* the usual files are meant */
    if (config_load(&request, &c->config, e) < 0)
        return -1;
    return config_choose(&c->config, setup->route->account, NULL, NULL, &c->account, e);
}

void carrier_init(struct carrier *c, const struct worker_setup *setup)
{
    const struct queue_opts *opts = setup->opts;
    *c = (struct carrier){ .setup = setup, .schedule = { opts->retry_s, opts->retry_n } };
    struct verdict why = { .result = VERDICT_FAILED };
    standing_load(setup->spool, setup->route, &c->standing);
    if (load(c, &why.err) < 0)
        note_trouble(c, &why, NULL);
    verdict_done(&why);
}

void carrier_done(struct carrier *c)
{
    if (c->suspicion.result)
        note_trouble(c, &c->suspicion, c->suspected);
    connection_close(&c->connection);
    tls_memory_done(&c->tls_memory);
    standing_done(&c->standing);
    config_done(&c->config);
}

void carrier_wake(struct carrier *c)
{
    int64_t now = clock_ms();
    bool rested = c->used_at && now - c->used_at > REST_MS && !c->in_trouble;
    c->used_at = now;
    if (!rested)
        return;
    c->connection.client.rested = true;
    standing_done(&c->standing);
    standing_load(c->setup->spool, c->setup->route, &c->standing);
}

int64_t carrier_pace(struct carrier *c)
{
    const struct account *account = c->account;
    if (!account->rate_messages)
        return 0;
    int64_t now = clock_wall_ms();
    int64_t wait =
        bucket_take(&c->standing.bucket, account->rate_messages, account->rate_period_s, now);
    standing_save(c->setup->spool, c->setup->route, &c->standing);
    return wait ? (now + wait + 999) / 1000 : 0;
}

/* Sending. */

static int connect_anew(struct carrier *c, struct delivery *d)
{
    struct connection_setup setup = { .account = c->account,
                                      .host = c->setup->ident->host,
                                      .tls_memory = &c->tls_memory };
    connection_close(&c->connection);
    c->proven = false;
    return connection_open(&c->connection, &setup,
                           allowance_of(c->account, c->account->net.timeout_ms, 0), d);
}

static void transmit(struct carrier *c, const struct cargo *cargo, struct delivery *d)
{
    struct client *client = &c->connection.client;
    client->intent = cargo->intent;
    client_send(client, cargo->envelope, cargo->stored, false, d->verdicts);
    delivery_note(d, client);
}

static bool is_farewell(const struct verdict *v)
{
    return v->err.code == 421 || (v->stage == STAGE_MAIL && v->err.kind == ERR_CLOSED);
}

static bool may_be_there(const struct verdict *v)
{
    return v->result == VERDICT_SENT || v->result == VERDICT_AMBIGUOUS;
}

/* Has the server only had enough of this connection? Then nothing of the message is there yet. */
static bool is_farewell_to(const struct delivery *d)
{
    bool farewell = false;
    for (size_t i = 0; i < d->n; i++) {
        if (may_be_there(&d->verdicts[i]))
            return false;
        farewell |= is_farewell(&d->verdicts[i]);
    }
    return farewell;
}

static void start_over(struct delivery *d)
{
    size_t n = d->n;
    delivery_done(d);
    delivery_grow(d, n);
}

/* The verdict for which the account is to blame, or NULL. A server that has taken some of the
 * message and then says 421 is well. */
static const struct verdict *find_blame(const struct delivery *d)
{
    const struct verdict *found = NULL;
    for (size_t i = 0; i < d->n; i++) {
        const struct verdict *v = &d->verdicts[i];
        if (v->result == VERDICT_SENT)
            return NULL;
        if (!found && v->result != VERDICT_AMBIGUOUS && standing_concerns(v->stage, &v->err))
            found = v;
    }
    return found;
}

static bool has(const struct delivery *d, enum verdict_result result)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result == result)
            return true;
    return false;
}

/* The connection is gone, and not because this machine could not mark or read the message. */
static bool was_lost(const struct carrier *c, const struct delivery *d)
{
    enum err_kind why = d->n ? d->verdicts[0].err.kind : ERR_IO;
    return c->connection.client.broken && why != ERR_IO && why != ERR_TEMPORARY;
}

static void clear_trouble(struct carrier *c)
{
    forget_suspicion(c);
    c->in_trouble = false;
    if (!c->standing.failures)
        return;
    standing_clear(&c->standing);
    standing_save(c->setup->spool, c->setup->route, &c->standing);
}

static void blame_account(struct carrier *c, const struct verdict *blame, const char *server)
{
    if (carrier_may_mean_message(blame) && !c->suspicion.result)
        suspect(c, blame, server);
    else
        note_trouble(c, blame, server);
}

/* What the verdicts say of the account. */
static void judge(struct carrier *c, const struct delivery *d)
{
    const struct verdict *blame = find_blame(d);
    bool lost = was_lost(c, d);
    bool sent = has(d, VERDICT_SENT);
    c->lost = lost && !sent ? c->lost + 1 : 0;
    if (!blame && c->lost > 1)
        note_trouble(c, &d->verdicts[d->n - 1], d->server);
    else if (blame)
        blame_account(c, blame, d->server);
    else if (!lost)
        clear_trouble(c);
    c->proven = sent && !lost && c->connection.open;
    if (lost || (d->n && d->verdicts[d->n - 1].err.code == 421))
        connection_close(&c->connection);
}

static void fail_to_connect(struct carrier *c, struct delivery *d)
{
    delivery_explain(d);
    note_trouble(c, &d->session, d->server);
}

static bool take_connection(struct carrier *c)
{
    struct connection *connection = &c->connection;
    if (!connection->open || !client_is_alive(&connection->client))
        return false;
    connection_allow(connection, allowance_of(c->account, c->account->net.timeout_ms, 0));
    connection->client.times = (struct client_times){ 0 };
    return true;
}

void carrier_send(struct carrier *c, const struct cargo *cargo, struct delivery *ret, bool *marked)
{
    *ret = (struct delivery){ 0 };
    delivery_grow(ret, cargo->envelope->n_rcpts);
    ret->reused = take_connection(c);
    if (!ret->reused && connect_anew(c, ret) < 0) {
        fail_to_connect(c, ret);
        return;
    }
    transmit(c, cargo, ret);
    *marked |= c->connection.client.intent.written;
    if (ret->reused && is_farewell_to(ret)) {
        start_over(ret);
        if (connect_anew(c, ret) < 0) {
            fail_to_connect(c, ret);
            return;
        }
        transmit(c, cargo, ret);
        *marked |= c->connection.client.intent.written;
    }
    delivery_explain(ret);
    judge(c, ret);
}

/* Several at a time. */

bool carrier_may_fly(struct carrier *c)
{
    if (!c->proven || c->in_trouble || c->suspicion.result || c->wrecks > 1 || sig_caught())
        return false;
    if (!c->flying)
        return take_connection(c);
    connection_allow(&c->connection, allowance_of(c->account, c->account->net.timeout_ms, 0));
    return true;
}

bool carrier_is_worth_repeating(const struct delivery *d)
{
    bool failed = false;
    for (size_t i = 0; i < d->n; i++) {
        if (may_be_there(&d->verdicts[i]))
            return false;
        failed |= d->verdicts[i].err.code == 421 || d->verdicts[i].err.kind != ERR_REPLY;
    }
    return failed;
}

void carrier_judge(struct carrier *c, const struct delivery *d)
{
    const struct verdict *blame = find_blame(d);
    c->flown++;
    if (blame && !c->in_trouble)
        blame_account(c, blame, d->server);
    else if (!blame && !has(d, VERDICT_AMBIGUOUS))
        clear_trouble(c);
}

/* With 421 a server has said goodbye. */
static void count_wreck(struct carrier *c)
{
    if (c->connection.client.reply.code == 421)
        return;
    c->wrecks = c->flown < CARRIER_FAR ? c->wrecks + 1 : 1;
    c->flown = 0;
}

void carrier_land(struct carrier *c)
{
    bool lost = c->connection.client.broken;
    if (lost)
        count_wreck(c);
    c->flying = false;
    c->used_at = clock_ms();
    if (!lost && !c->leaving)
        return;
    c->lost = lost;
    c->proven = c->leaving = false;
    connection_close(&c->connection);
}
