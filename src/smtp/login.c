/* AUTH (RFC 4954): the exchange of auth/sasl over the lines of SMTP. */
#include "auth/sasl.h"
#include "base/base64.h"
#include "net/tls.h"
#include "smtp/client.h"

/* Octets with CRLF (RFC 4954 section 4): the AUTH line is a command like any other, which decides
 * whether the initial response fits on it; the lines after it may be long. */
enum { AUTH_LINE_LIMIT = 512, RESPONSE_LINE_LIMIT = 12288 };

enum { AUTH_ROUNDS = 8 };

/* One exchange: `response` holds what is to be said next, if `ready`. */
struct exchange {
    struct mech_facts facts;
    struct buf binding; /* secret */
    const char *binding_type;
    struct sasl *sasl;
    struct buf response; /* raw, secret */
    bool ready;
};

/* The trace never sees what goes through here. */
static void put_response(struct client *c, struct exchange *x)
{
    BUF line = { .secret = true };
    base64_encode(&line, buf_span(&x->response));
    if (line.len)
        stream_put_secret(c->stream, buf_span(&line));
    buf_clear(&x->response);
    x->ready = false;
}

/* Queues the AUTH line, with the first response on it where that is allowed and fits. */
static int put_auth(struct client *c, struct exchange *x, struct err *e)
{
    BUF line = { 0 };
    if (client_expect_silence(c, e) < 0)
        return -1;
    buf_addf(&line, "AUTH %s", mech_name(c->mech));
    if (sasl_client_first(x->sasl)) {
        if (sasl_step(x->sasl, NULL, &x->response, e) < 0)
            return -1;
        x->ready = true;
    }
    size_t whole = line.len + 1 + base64_length(x->response.len) + 2;
    bool ride_along = x->ready && sasl_initial_response(x->sasl) && whole <= AUTH_LINE_LIMIT;
    if (ride_along)
        buf_add_char(&line, ' ');
    stream_put(c->stream, buf_span(&line));
    if (ride_along && !x->response.len)
        stream_put(c->stream, SPAN("=")); /* an empty response, as against none */
    if (ride_along)
        put_response(c, x);
    stream_put(c->stream, SPAN("\r\n"));
    return 0;
}

static int check_length(const struct exchange *x, struct err *e)
{
    size_t whole = base64_length(x->response.len) + 2;
    if (whole <= RESPONSE_LINE_LIMIT)
        return 0;
    err_set(e, ERR_CONFIG, "the login needs a line of %zu octets; SMTP allows %d", whole,
            RESPONSE_LINE_LIMIT);
    err_hint(e, "what the password or the token comes from gives far more than one");
    return -1;
}

/* Makes the response to the challenge in c->reply. */
static int answer(struct client *c, struct exchange *x, struct err *e)
{
    BUF challenge = { .secret = true };
    if (x->ready) /* the challenge only asks for the first response */
        return 0;
    if (base64_decode(&challenge, span_trim(buf_span(&c->reply.text))) < 0)
        return err_set(e, ERR_PROTOCOL, "the server's challenge is not base64");
    struct span raw = buf_span(&challenge);
    if (sasl_step(x->sasl, &raw, &x->response, e) < 0)
        return -1;
    x->ready = true;
    return 0;
}

/* "*" ends an exchange that cannot go on, and leaves the connection in order (the server says 501).
 * `e` keeps the reason. */
static int cancel(struct client *c)
{
    ERR ignored = { 0 };
    if (client_command(c, STAGE_AUTH, SPAN("*\r\n"), &ignored) < 0)
        c->broken = true;
    return -1;
}

static int accepted(struct client *c, struct exchange *x, struct err *e)
{
    if (!x->ready && sasl_finish(x->sasl, e) == 0)
        return 0;
    if (x->ready)
        err_set(e, ERR_PROTOCOL, "the server accepts the login before it has seen it");
    c->broken = true;
    return -1;
}

static int refused(struct client *c, const struct exchange *x, struct err *e)
{
    client_not_expected(c, e);
    if (e->kind == ERR_REPLY)
        sasl_explain(x->sasl, e);
    return -1;
}

static int run_exchange(struct client *c, struct exchange *x, struct err *e)
{
    stream_veil(c->stream, sasl_is_veiled(x->sasl) ? "334 " : "");
    if (put_auth(c, x, e) < 0)
        return -1;
    for (int round = 0; round < AUTH_ROUNDS; round++) {
        if (client_read_reply(c, e) < 0)
            return -1;
        if (c->reply.code == 235)
            return accepted(c, x, e);
        if (c->reply.code != 334)
            return refused(c, x, e);
        if (answer(c, x, e) < 0 || check_length(x, e) < 0)
            return cancel(c);
        put_response(c, x);
        stream_put(c->stream, SPAN("\r\n"));
    }
    c->broken = true;
    return err_set(e, ERR_PROTOCOL, "the server asks for ever more in its login");
}

/* Whether SCRAM is possible is asked only when it is what would be chosen: that may need libgsasl.
 */
static int choose(struct client *c, struct exchange *x, struct err *e)
{
    const struct auth_opts *auth = c->setup.auth;
    const struct tls_facts *tls = stream_tls(c->stream);
    struct mech_facts *facts = &x->facts;
    *facts = (struct mech_facts){
        .offered = c->caps.mechs,
        .words = buf_span(&c->caps.words),
        .private_channel = (tls && tls->verified) || target_is_local(c->setup.target),
        .scram_possible = true,
        .binding = stream_binding(c->stream, &x->binding_type, &x->binding),
        .certificate_sent = tls && tls->certificate_sent,
        .secret = c->setup.password.len > 0,
    };
    if (mech_choose(auth, facts, &c->mech, e) < 0)
        return -1;
    if (!(c->mech & MECHS_SCRAM) || sasl_scram_possible(auth->user, c->setup.password))
        return 0;
    facts->scram_possible = false;
    return mech_choose(auth, facts, &c->mech, e);
}

static int begin(struct client *c, struct exchange *x, struct err *e)
{
    struct sasl_setup setup = {
        .mech = c->mech,
        .user = c->setup.auth->user,
        .secret = c->setup.password,
        .host = c->setup.target->host,
        .port = c->setup.target->port,
        .binding = buf_span(&x->binding),
        .binding_type = x->binding_type,
        .plus_missed = mech_plus_missed(c->setup.auth, &x->facts),
    };
    return sasl_new(&setup, &x->sasl, e);
}

/* As it is, and as it goes over the wire. */
static void hide_password(struct client *c)
{
    BUF encoded = { .secret = true };
    if (!c->setup.password.len)
        return;
    base64_encode(&encoded, c->setup.password);
    stream_hide(c->stream, c->setup.password);
    stream_hide(c->stream, buf_span(&encoded));
}

static int log_in(struct client *c, struct exchange *x, struct err *e)
{
    if (choose(c, x, e) < 0) {
        c->mech = 0;
        return -1;
    }
    client_set_deadline(c, c->setup.net->command_timeout_ms);
    hide_password(c);
    return begin(c, x, e) < 0 ? -1 : run_exchange(c, x, e);
}

int client_login(struct client *c, struct err *e)
{
    int64_t start = clock_ms();
    struct exchange x = { .response = { .secret = true }, .binding = { .secret = true } };
    c->stage = STAGE_AUTH;
    int done = log_in(c, &x, e);
    sasl_free(x.sasl);
    buf_done(&x.response);
    buf_done(&x.binding);
    c->times.login_ms = clock_ms() - start;
    return done;
}
