/* PLAIN (RFC 4616), by hand so that no library keeps copies of the password.
 *
 *   message = [authzid] NUL authcid NUL passwd
 *
 * There is never an authorization identity: nothing here acts for others. User and password go as
 * they are, without preparation, as servers have come to expect. */
#include "auth/sasl_ops.h"

/* The message answers the empty challenge, or comes before any. */
static int plain_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    if (s->steps > 0)
        return sasl_unexpected(s, e);
    (void)challenge; /* some servers put words where nothing should be */
    buf_add_char(ret, '\0');
    buf_add_string(ret, s->setup.user);
    buf_add_char(ret, '\0');
    buf_add_span(ret, s->setup.secret);
    return 0;
}

const struct sasl_ops plain_ops = {
    .client_first = true,
    .initial_response = true,
    .step = plain_step,
};
