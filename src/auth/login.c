/* LOGIN (draft-murchison-sasl-login-00), which some servers offer without PLAIN.
 *
 * The server prompts twice; the words differ between servers and languages and mean nothing. The
 * first answer is always the user, the second the password. A yes before that is no login. */
#include "auth/sasl_ops.h"

enum { LOGIN_STEPS = 2 };

static int login_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    (void)challenge;
    if (s->steps >= LOGIN_STEPS)
        return sasl_unexpected(s, e);
    if (s->steps == 0)
        buf_add_string(ret, s->setup.user);
    else
        buf_add_span(ret, s->setup.secret);
    return 0;
}

static int login_finish(const struct sasl *s, struct err *e)
{
    if (s->steps == LOGIN_STEPS)
        return 0;
    return err_set(e, ERR_AUTH, "the server accepts the login before it has the %s",
                   s->steps ? "password" : "user");
}

const struct sasl_ops login_ops = {
    .step = login_step,
    .finish = login_finish,
};
