/* EXTERNAL (RFC 4422 appendix A): the client certificate of the TLS session is the login.
 *
 *   message = [authzid]
 *
 * `user`, if it is set, says as whom; else the server takes it from the certificate. */
#include "auth/sasl_ops.h"

static int external_step(struct sasl *s, const struct span *challenge, struct buf *ret,
                         struct err *e)
{
    if (s->steps > 0)
        return sasl_unexpected(s, e);
    (void)challenge; /* empty, if there is one */
    if (s->setup.user)
        buf_add_string(ret, s->setup.user);
    return 0;
}

const struct sasl_ops external_ops = {
    .client_first = true,
    .initial_response = true,
    .bare = true,
    .step = external_step,
};
