#include "net/trust.h"

#include "net/diagnosis.h"
#include "net/names.h"
#include "net/revocation.h"
#include "net/target.h"

#include <arpa/inet.h>
#include <string.h>

enum { CHAIN_LIMIT = 16 };

/* The host as certificates spell it. */
static const char *bare_name(struct arena *a, const char *host)
{
    size_t len = strcspn(host, "%");
    if (len && host[len - 1] == '.')
        len--;
    return arena_string(a, (struct span){ host, len });
}

int trust_init(struct trust *t, const struct net_opts *opts, const char *host, bool is_literal,
               struct err *e)
{
    *t = (struct trust){ .opts = opts };
    t->name = bare_name(&t->arena, opts->tls_name ? opts->tls_name : host);
    t->is_literal = opts->tls_name ? target_is_address(t->name) : is_literal;
    if (pins_parse(&t->arena, "tls_pin", &opts->tls_pin, PIN_KEY, &t->pins, e) < 0)
        return -1;
    return pins_parse(&t->arena, "tls_fingerprint", &opts->tls_fingerprint, PIN_CERTIFICATE,
                      &t->fingerprints, e);
}

void trust_done(struct trust *t)
{
    gnutls.x509_crt_deinit(t->leaf);
    arena_done(&t->arena);
    *t = (struct trust){ 0 };
}

/* The chain. */

static int chain_add(struct chain *chain, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t certificate;
    if (gnutls.x509_crt_init(&certificate) < 0)
        return -1;
    if (gnutls.x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) < 0) {
        gnutls.x509_crt_deinit(certificate);
        return -1;
    }
    chain->items[chain->n++] = certificate;
    return 0;
}

static int chain_load(struct arena *a, gnutls_session_t session, struct chain *ret, struct err *e)
{
    unsigned n = 0;
    const gnutls_datum_t *der = gnutls.certificate_type_get(session) == GNUTLS_CRT_X509
                                    ? gnutls.certificate_get_peers(session, &n)
                                    : NULL;
    if (!der || n == 0)
        return err_set(e, ERR_CERTIFICATE, "the server sent no certificate");
    if (n > CHAIN_LIMIT)
        n = CHAIN_LIMIT;
    ret->items = arena_new(a, n, sizeof *ret->items);
    for (unsigned i = 0; i < n; i++)
        if (chain_add(ret, &der[i]) < 0)
            return err_set(e, ERR_CERTIFICATE, "the server's certificate cannot be read");
    return 0;
}

/* All but the leaf, which trust_done frees. */
static void chain_done(struct chain *chain)
{
    for (size_t i = 1; i < chain->n; i++)
        gnutls.x509_crt_deinit(chain->items[i]);
}

/* Chain and name. */

static unsigned address_octets(const char *text, unsigned char to[16])
{
    if (inet_pton(AF_INET, text, to) == 1)
        return 4;
    return inet_pton(AF_INET6, text, to) == 1 ? 16 : 0;
}

static int ask_gnutls(const struct trust *t, gnutls_session_t session, unsigned *status)
{
    unsigned char octets[16];
    static const char purpose[] = GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st wanted[] = {
        { GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t)t->name, 0 },
        { GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)purpose, 0 },
    };
    if (t->is_literal)
        wanted[0] = (gnutls_typed_vdata_st){ GNUTLS_DT_IP_ADDRESS, octets,
                                             address_octets(t->name, octets) };
    return gnutls.certificate_verify_peers(session, wanted, 2, status);
}

static int verify(const struct trust *t, const struct chain *chain, gnutls_session_t session,
                  gnutls_certificate_credentials_t credentials, struct err *e)
{
    unsigned status = 0;
    const char *revocations = t->opts->tls_crl_file;
    if (store_load(t->opts->tls_ca_file, chain, credentials, e) < 0 ||
        (revocations && revocation_load(revocations, chain, credentials, e) < 0))
        return -1;
    int done = ask_gnutls(t, session, &status);
    if (done < 0)
        return err_set(e, ERR_CERTIFICATE, "the server's certificate cannot be verified: %s",
                       gnutls.strerror(done));
    if (status)
        return diagnosis_explain(status, t->name, chain, e);
    if (!t->is_literal && !names_has_host(chain->items[0]))
        return diagnosis_nameless(chain->items[0], e);
    return 0;
}

/* Fingerprints. */

static int demand(const char *key, const struct pins *pins, gnutls_x509_crt_t leaf, struct err *e)
{
    BUF now = { 0 };
    if (pins_match(pins, leaf))
        return 0;
    pin_add_key(&now, leaf);
    err_set(e, ERR_CERTIFICATE, "the server's certificate is not the one that %s names", key);
    err_hint(e, "if the server's operator says that it has changed, write: %s = %s", key,
             buf_string(&now));
    return -1;
}

static int check(struct trust *t, const struct chain *chain, gnutls_session_t session,
                 gnutls_certificate_credentials_t credentials, struct err *e)
{
    bool insecure = t->opts->tls_verify == TLS_VERIFY_INSECURE && !t->fingerprints.n;
    if (t->fingerprints.n && demand("tls_fingerprint", &t->fingerprints, t->leaf, e) < 0)
        return -1;
    if (!t->fingerprints.n && !insecure && verify(t, chain, session, credentials, e) < 0)
        return -1;
    if (t->pins.n && demand("tls_pin", &t->pins, t->leaf, e) < 0)
        return -1;
    t->checked = true;
    t->verified = !insecure;
    return 0;
}

int trust_check(struct trust *t, gnutls_session_t session,
                gnutls_certificate_credentials_t credentials, struct err *e)
{
    struct chain chain = { 0 };
    int done = chain_load(&t->arena, session, &chain, e);
    gnutls.x509_crt_deinit(t->leaf);
    t->leaf = chain.n ? chain.items[0] : NULL;
    if (done == 0)
        done = check(t, &chain, session, credentials, e);
    chain_done(&chain);
    return done;
}
