/* LOGIN (draft-murchison-sasl-login-00), which some servers offer without PLAIN.
 *
 * The server prompts twice; the words differ between servers and languages and mean nothing. The
 * first answer is always the user, the second the password. */
#include "auth/sasl_ops.h"

static int login_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    (void)challenge;
    if (s->steps > 1)
        return sasl_unexpected(s, e);
    if (s->steps == 0)
        buf_add_string(ret, s->user);
    else
        buf_add_span(ret, s->password);
    return 0;
}

const struct sasl_ops login_ops = {
    .client_first = false,
    .initial_response = false,
    .step = login_step,
};
