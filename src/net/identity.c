#include "net/identity.h"

#include "base/io.h"
#include "net/pkcs11.h"

#include <errno.h>
#include <string.h>

/* Where the certificate or its key is, as GnuTLS wants it and as messages may show it. */
struct place {
    const char *key; /* of the configuration */
    struct buf text;
    bool on_token;
};

static void place_done(struct place *p)
{
    buf_done(&p->text);
}

void identity_done(struct identity *i)
{
    buf_done(&i->pin);
    *i = (struct identity){ 0 };
}

/* GnuTLS would wait for the writer of a FIFO. */
static int check_file(const struct place *p, struct err *e)
{
    const char *file = buf_string(&p->text);
    CLEANUP(io_close) int fd = io_open_file(file);
    return fd < 0 ? err_system(e, ERR_CONFIG, errno, "%s %s", p->key, file) : 0;
}

static int find(struct place *p, const char *where, const char *type, struct identity *i,
                struct err *e)
{
    p->on_token = pkcs11_is_uri(where);
    if (!p->on_token) {
        buf_add_string(&p->text, where);
        return check_file(p, e);
    }
    pkcs11_add_object(&p->text, where, type);
    return i->pin.len ? 0 : pkcs11_pin(p->key, where, &i->pin, e);
}

/* Called by GnuTLS. The flags are the token's memory of what was tried before. */
static int give_pin(void *self, int attempt, const char *url, const char *label, unsigned flags,
                    char *to, size_t size)
{
    struct identity *i = self;
    (void)url;
    (void)label;
    if (attempt > 0 || flags & (GNUTLS_PIN_WRONG | GNUTLS_PIN_COUNT_LOW | GNUTLS_PIN_FINAL_TRY))
        i->refused = true;
    if (i->refused || !i->pin.len || i->pin.len >= size)
        return -1;
    memcpy(to, i->pin.at, i->pin.len + 1);
    return 0;
}

static void hint_token(const struct identity *i, int code, struct err *e)
{
    if (code == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE ||
        code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        err_hint(e, "no token has that object, or only shows it to who logs in (?pin-source=): "
                    "p11tool --list-all 'pkcs11:…' tells what there is");
    else if (code == GNUTLS_E_PKCS11_PIN_LOCKED)
        err_hint(e, "the token is locked: its security officer can set a new PIN");
    else if (!i->pin.len)
        err_hint(e, "the token wants a PIN: add ?pin-source=file:/path to the URI");
    else if (i->refused)
        err_hint(e, "a wrong PIN has been tried, and another one might lock the token: correct it, "
                    "then log in once by hand: p11tool --login --list-all 'pkcs11:…'");
}

static int refuse(const struct identity *i, const struct place *certificate,
                  const struct place *key, int code, struct err *e)
{
    err_set(e, ERR_CONFIG, "tls_cert %s, tls_key %s: %s", buf_string(&certificate->text),
            buf_string(&key->text), gnutls.strerror(code));
    if (certificate->on_token || key->on_token)
        hint_token(i, code, e);
    return -1;
}

int identity_load(struct identity *i, const struct net_opts *opts,
                  gnutls_certificate_credentials_t credentials, struct err *e)
{
    CLEANUP(place_done) struct place certificate = { .key = "tls_cert" };
    CLEANUP(place_done) struct place key = { .key = "tls_key" };
    if (!opts->tls_cert)
        return 0;
    if (find(&key, opts->tls_key ? opts->tls_key : opts->tls_cert, "private", i, e) < 0 ||
        find(&certificate, opts->tls_cert, "cert", i, e) < 0)
        return -1;
    gnutls.certificate_set_pin_function(credentials, give_pin, i);
    int done = gnutls.certificate_set_x509_key_file(credentials, buf_string(&certificate.text),
                                                    buf_string(&key.text), GNUTLS_X509_FMT_PEM);
    return done < 0 ? refuse(i, &certificate, &key, done, e) : 0;
}

static int read_end(gnutls_certificate_credentials_t credentials, int64_t *ret, struct err *e)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned n = 0;
    int done = gnutls.certificate_get_x509_crt(credentials, 0, &chain, &n);
    if (done < 0 || n == 0)
        return err_set(e, ERR_CONFIG, "tls_cert: %s", gnutls.strerror(done));
    *ret = gnutls.x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 0; i < n; i++)
        gnutls.x509_crt_deinit(chain[i]);
    (*gnutls.free)(chain);
    return 0;
}

int identity_expires(const struct net_opts *opts, int64_t *ret, struct err *e)
{
    CLEANUP(identity_done) struct identity i = { 0 };
    gnutls_certificate_credentials_t credentials;
    if (gnutls_open("tls_cert", e) < 0)
        return -1;
    int done = gnutls.certificate_allocate_credentials(&credentials);
    if (done < 0)
        return err_set(e, ERR_INTERNAL, "GnuTLS: %s", gnutls.strerror(done));
    done = identity_load(&i, opts, credentials, e);
    if (done == 0)
        done = read_end(credentials, ret, e);
    gnutls.certificate_free_credentials(credentials);
    return done;
}
