/* OAUTHBEARER (RFC 7628) and XOAUTH2: a token in place of a password, by hand since libgsasl knows
 * neither.
 *
 *   OAUTHBEARER  "n,a=" saslname "," ^A "host=" host ^A "port=" port ^A "auth=Bearer " token ^A ^A
 *   XOAUTH2      "user=" user ^A "auth=Bearer " token ^A ^A
 *
 * A server that refuses the token says why in a challenge (auth/refusal) before its reply; that is
 * answered with ^A, or nothing in XOAUTH2. */
#include "auth/refusal.h"
#include "auth/sasl_ops.h"

#include <stdlib.h>

#define SEPARATOR "\1"

static int bearer_check(const struct sasl *s, struct err *e)
{
    if (!span_has(span_of(s->setup.user), '\1') && !span_has(s->setup.secret, '\1'))
        return 0;
    return err_set(e, ERR_CONFIG, "%s cannot express this user name or token",
                   mech_name(s->setup.mech));
}

static int bearer_open(struct sasl *s, struct err *e)
{
    s->state = mem_new(1, sizeof(struct refusal));
    return bearer_check(s, e);
}

static void bearer_close(struct sasl *s)
{
    refusal_done(s->state);
    free(s->state);
}

static void add_token(const struct sasl *s, struct buf *to)
{
    buf_add_string(to, "auth=Bearer ");
    buf_add_span(to, s->setup.secret);
    buf_add_string(to, SEPARATOR SEPARATOR);
}

/* The second challenge is the refusal; there is no third. */
static bool is_refusal(const struct sasl *s)
{
    return s->steps == 1;
}

static void read_refusal(struct sasl *s, const struct span *challenge)
{
    refusal_read(s->state, challenge ? *challenge : (struct span){ 0 }, s->setup.secret);
}

static int oauthbearer_step(struct sasl *s, const struct span *challenge, struct buf *ret,
                            struct err *e)
{
    if (s->steps > 1)
        return sasl_unexpected(s, e);
    if (is_refusal(s)) {
        read_refusal(s, challenge);
        buf_add_string(ret, SEPARATOR);
        return 0;
    }
    buf_add_string(ret, "n,a=");
    sasl_add_name(ret, span_of(s->setup.user));
    buf_addf(ret, "," SEPARATOR "host=%s" SEPARATOR "port=%d" SEPARATOR,
             s->setup.host ? s->setup.host : "", s->setup.port);
    add_token(s, ret);
    return 0;
}

static int xoauth2_step(struct sasl *s, const struct span *challenge, struct buf *ret,
                        struct err *e)
{
    if (s->steps > 1)
        return sasl_unexpected(s, e);
    if (is_refusal(s)) {
        read_refusal(s, challenge);
        return 0;
    }
    buf_addf(ret, "user=%s" SEPARATOR, s->setup.user);
    add_token(s, ret);
    return 0;
}

/* Whoever refuses the token and then says yes is not to be trusted with the message. */
static int bearer_finish(const struct sasl *s, struct err *e)
{
    if (s->steps < 2)
        return 0;
    return err_set(e, ERR_AUTH, "the server refuses the token, and accepts the login");
}

static void bearer_explain(const struct sasl *s, struct err *e)
{
    refusal_explain(s->state, e);
}

const struct sasl_ops oauthbearer_ops = {
    .client_first = true,
    .initial_response = true,
    .open = bearer_open,
    .step = oauthbearer_step,
    .finish = bearer_finish,
    .explain = bearer_explain,
    .close = bearer_close,
};

const struct sasl_ops xoauth2_ops = {
    .client_first = true,
    .initial_response = true,
    .open = bearer_open,
    .step = xoauth2_step,
    .finish = bearer_finish,
    .explain = bearer_explain,
    .close = bearer_close,
};
