#include "auth/sasl.h"

#include "auth/sasl_ops.h"

#include <stdlib.h>

static const struct sasl_ops *sasl_ops_of(enum mech mech)
{
    switch (mech) {
    case MECH_PLAIN: return &plain_ops;
    case MECH_LOGIN: return &login_ops;
    case MECH_SCRAM_SHA_1:
    case MECH_SCRAM_SHA_256:
    case MECH_SCRAM_SHA_1_PLUS:
    case MECH_SCRAM_SHA_256_PLUS: return &scram_ops;
    case MECH_CRAM_MD5: return &cram_ops;
    case MECH_EXTERNAL: return &external_ops;
    case MECH_GSSAPI: return &gssapi_ops;
    case MECH_OAUTHBEARER: return &oauthbearer_ops;
    case MECH_XOAUTH2: return &xoauth2_ops;
    }
    return NULL;
}

static int sasl_check(const struct sasl_setup *setup, struct err *e)
{
    const struct sasl_ops *ops = sasl_ops_of(setup->mech);
    if (!ops)
        return err_set(e, ERR_INTERNAL, "no such SASL mechanism: %d", (int)setup->mech);
    if (ops->bare)
        return 0;
    if (!setup->user || !*setup->user)
        return err_set(e, ERR_CONFIG, "a login is wanted, but `user` is not set");
    if (!setup->secret.len || span_has(setup->secret, '\0'))
        return err_set(e, ERR_CONFIG, "the password is empty or has a NUL octet");
    return 0;
}

int sasl_new(const struct sasl_setup *setup, struct sasl **ret, struct err *e)
{
    if (sasl_check(setup, e) < 0)
        return -1;
    struct sasl *s = mem_new(1, sizeof *s);
    s->setup = *setup;
    s->ops = sasl_ops_of(setup->mech);
    if (s->ops->open && s->ops->open(s, e) < 0) {
        sasl_free(s);
        return -1;
    }
    *ret = s;
    return 0;
}

void sasl_free(struct sasl *s)
{
    if (s && s->ops->close && s->state)
        s->ops->close(s);
    free(s);
}

bool sasl_client_first(const struct sasl *s)
{
    return s->ops->client_first;
}

bool sasl_is_veiled(const struct sasl *s)
{
    return s->ops->veiled;
}

bool sasl_initial_response(const struct sasl *s)
{
    return s->ops->initial_response;
}

int sasl_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    ret->secret = true;
    if (s->ops->step(s, challenge, ret, e) < 0)
        return -1;
    s->steps++;
    return 0;
}

int sasl_finish(struct sasl *s, struct err *e)
{
    return s->ops->finish ? s->ops->finish(s, e) : 0;
}

void sasl_explain(const struct sasl *s, struct err *e)
{
    if (s->ops->explain)
        s->ops->explain(s, e);
}

void sasl_add_name(struct buf *to, struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == ',' || name.at[i] == '=')
            buf_addf(to, "=%02X", name.at[i]);
        else
            buf_add_char(to, name.at[i]);
    }
}

int sasl_unexpected(const struct sasl *s, struct err *e)
{
    return err_set(e, ERR_AUTH, "the server sends a challenge that %s has no answer to",
                   mech_name(s->setup.mech));
}
