#include "auth/sasl.h"

#include "auth/sasl_ops.h"

#include <stdlib.h>
#include <string.h>

static const struct sasl_ops *sasl_ops_of(enum mech mech)
{
    switch (mech) {
    case MECH_PLAIN: return &plain_ops;
    case MECH_LOGIN: return &login_ops;
    case MECH_SCRAM_SHA_1:
    case MECH_SCRAM_SHA_256: return &scram_ops;
    }
    return NULL;
}

static int sasl_check(enum mech mech, const char *user, struct span password, struct err *e)
{
    if (!sasl_ops_of(mech))
        return err_set(e, ERR_INTERNAL, "no such SASL mechanism: %d", (int)mech);
    if (!user || !*user)
        return err_set(e, ERR_CONFIG, "a login is wanted, but `user` is not set");
    if (!password.len || span_has(password, '\0'))
        return err_set(e, ERR_CONFIG, "the password is empty or has a NUL octet");
    return 0;
}

int sasl_new(enum mech mech, const char *user, struct span password, struct sasl **ret,
             struct err *e)
{
    if (sasl_check(mech, user, password, e) < 0)
        return -1;
    struct sasl *s = mem_new(1, sizeof *s);
    s->ops = sasl_ops_of(mech);
    s->mech = mech;
    s->user = mem_string(user);
    s->password = password;
    if (s->ops->open && s->ops->open(s, e) < 0) {
        sasl_free(s);
        return -1;
    }
    *ret = s;
    return 0;
}

void sasl_free(struct sasl *s)
{
    if (!s)
        return;
    if (s->ops->close)
        s->ops->close(s);
    mem_wipe(s->user, strlen(s->user));
    free(s->user);
    mem_wipe(s, sizeof *s);
    free(s);
}

bool sasl_client_first(const struct sasl *s)
{
    return s->ops->client_first;
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

int sasl_unexpected(const struct sasl *s, struct err *e)
{
    return err_set(e, ERR_AUTH, "the server sends a challenge that %s has no answer to",
                   mech_name(s->mech));
}
