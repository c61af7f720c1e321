/* CRAM-MD5 (RFC 2195): the hash of password and challenge. Whoever hears both can try passwords at
 * leisure, so that it is used over a private channel only, and after all others.
 *
 *   response = user SP 32HEXDIG */
#include "auth/digest.h"
#include "auth/sasl_ops.h"

static int cram_step(struct sasl *s, const struct span *challenge, struct buf *ret, struct err *e)
{
    BUF hash = { .secret = true };
    if (s->steps > 0 || !challenge || !challenge->len)
        return sasl_unexpected(s, e);
    if (digest_hmac(DIGEST_MD5, s->setup.secret, *challenge, &hash, e) < 0)
        return -1;
    buf_addf(ret, "%s ", s->setup.user);
    for (size_t i = 0; i < hash.len; i++)
        buf_addf(ret, "%02x", (unsigned char)hash.at[i]);
    return 0;
}

static int cram_finish(const struct sasl *s, struct err *e)
{
    if (s->steps > 0)
        return 0;
    return err_set(e, ERR_AUTH, "the server accepts the login before it has asked for anything");
}

const struct sasl_ops cram_ops = {
    .step = cram_step,
    .finish = cram_finish,
};
