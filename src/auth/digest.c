#include "auth/digest.h"

#include "net/gnutls.h"

static const struct {
    gnutls_digest_algorithm_t hash;
    gnutls_mac_algorithm_t mac;
    size_t len;
} digests[] = {
    [DIGEST_MD5] = { GNUTLS_DIG_MD5, GNUTLS_MAC_MD5, 16 },
    [DIGEST_SHA_1] = { GNUTLS_DIG_SHA1, GNUTLS_MAC_SHA1, 20 },
    [DIGEST_SHA_256] = { GNUTLS_DIG_SHA256, GNUTLS_MAC_SHA256, 32 },
};

static int digest_done(int status, size_t len, struct buf *ret, struct err *e)
{
    if (status < 0)
        return err_set(e, ERR_INTERNAL, "GnuTLS: %s", gnutls.strerror(status));
    buf_grew(ret, len);
    return 0;
}

int digest_hash(enum digest which, struct span text, struct buf *ret, struct err *e)
{
    size_t len = digests[which].len;
    char *to = buf_room(ret, len);
    if (gnutls_open("the login", e) < 0)
        return -1;
    return digest_done(gnutls.hash_fast(digests[which].hash, text.at, text.len, to), len, ret, e);
}

int digest_hmac(enum digest which, struct span key, struct span text, struct buf *ret,
                struct err *e)
{
    size_t len = digests[which].len;
    char *to = buf_room(ret, len);
    if (gnutls_open("the login", e) < 0)
        return -1;
    int status = gnutls.hmac_fast(digests[which].mac, key.at, key.len, text.at, text.len, to);
    return digest_done(status, len, ret, e);
}

static gnutls_datum_t datum_of(struct span octets)
{
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)octets.at, (unsigned)octets.len };
}

int digest_stretch(enum digest which, struct span password, struct digest_salt salt,
                   struct buf *ret, struct err *e)
{
    size_t len = digests[which].len;
    char *to = buf_room(ret, len);
    if (gnutls_open("the login", e) < 0)
        return -1;
    gnutls_datum_t key = datum_of(password), octets = datum_of(salt.octets);
    int status = gnutls.pbkdf2(digests[which].mac, &key, &octets, salt.rounds, to, len);
    return digest_done(status, len, ret, e);
}

int digest_random(size_t len, struct buf *ret, struct err *e)
{
    char *to = buf_room(ret, len);
    if (gnutls_open("the login", e) < 0)
        return -1;
    return digest_done(gnutls.rnd(GNUTLS_RND_NONCE, to, len), len, ret, e);
}

bool digest_equal(struct span a, struct span b)
{
    return a.len == b.len && gnutls.memcmp(a.at, b.at, a.len) == 0;
}
