#include "net/pin.h"

int pins_parse(struct arena *a, const char *key, const struct strlist *texts, enum pin_of plain,
               struct pins *ret, struct err *e)
{
    struct pins pins = { arena_new(a, texts->n, sizeof *pins.items), texts->n };
    for (size_t i = 0; i < texts->n; i++) {
        if (fingerprint_parse(span_of(texts->items[i]), plain, &pins.items[i]) < 0) {
            err_set(e, ERR_CONFIG, "%s: \"%s\" is no SHA-256 fingerprint", key, texts->items[i]);
            err_hint(e, "write sha256: and 64 hexadecimal digits%s",
                     plain == PIN_CERTIFICATE ? ", or spki: and those of the public key" : "");
            return -1;
        }
    }
    *ret = pins;
    return 0;
}

static int digest_of(enum pin_of of, gnutls_x509_crt_t certificate, struct pin *ret)
{
    size_t size = sizeof ret->digest;
    ret->of = of;
    int done =
        of == PIN_KEY
            ? gnutls.x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, ret->digest, &size)
            : gnutls.x509_crt_get_fingerprint(certificate, GNUTLS_DIG_SHA256, ret->digest, &size);
    return done < 0 || size != sizeof ret->digest ? -1 : 0;
}

bool pins_match(const struct pins *pins, gnutls_x509_crt_t certificate)
{
    struct pin has;
    for (size_t i = 0; i < pins->n; i++) {
        const struct pin *wanted = &pins->items[i];
        if (digest_of(wanted->of, certificate, &has) == 0 &&
            gnutls.memcmp(has.digest, wanted->digest, PIN_SIZE) == 0)
            return true;
    }
    return false;
}

void pin_add_key(struct buf *to, gnutls_x509_crt_t certificate)
{
    struct pin pin;
    if (digest_of(PIN_KEY, certificate, &pin) < 0)
        return;
    buf_add_string(to, "spki:");
    for (size_t i = 0; i < PIN_SIZE; i++)
        buf_addf(to, "%02x", pin.digest[i]);
}
