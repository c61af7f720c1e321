#include "net/diagnosis.h"

#include "base/buf.h"
#include "net/names.h"
#include "net/pin.h"

#include <time.h>

struct patient {
    const char *host;
    const struct chain *chain;
    gnutls_x509_crt_t leaf;
};

/* The way out for whoever knows the server by other means. */
static void hint_fingerprint(const struct patient *p, const char *before, struct err *e)
{
    BUF pin = { 0 };
    pin_add_key(&pin, p->leaf);
    err_hint(e, "%s, write: tls_fingerprint = %s", before, buf_string(&pin));
}

static void explain_revoked(const struct patient *p, struct err *e)
{
    (void)p;
    err_set(e, ERR_CERTIFICATE, "the server's certificate has been revoked by its issuer");
    err_hint(e, "do not send anything there; tell the server's operator");
}

static void explain_name(const struct patient *p, struct err *e)
{
    BUF names = { 0 };
    names_add(&names, p->leaf);
    if (!names.len) {
        diagnosis_nameless(p->leaf, e);
        return;
    }
    err_set(e, ERR_CERTIFICATE, "the server's certificate is for %s, not for %s",
            buf_string(&names), p->host);
    err_hint(e, "if one of these names is the server you mean, write it as host or as tls_name");
}

/* The certificate whose dates are to blame: NULL if all that were sent are in order (then it is an
 * authority on our side). */
static gnutls_x509_crt_t find_outdated(const struct chain *chain, time_t now)
{
    for (size_t i = 0; i < chain->n; i++)
        if (gnutls.x509_crt_get_expiration_time(chain->items[i]) < now ||
            gnutls.x509_crt_get_activation_time(chain->items[i]) > now)
            return chain->items[i];
    return NULL;
}

static bool is_early(gnutls_x509_crt_t certificate, time_t now)
{
    return gnutls.x509_crt_get_activation_time(certificate) > now;
}

/* "… is not valid before 2026-12-02 03:30 UTC" */
static void add_dates(struct buf *to, gnutls_x509_crt_t certificate, time_t now)
{
    bool early = is_early(certificate, now);
    buf_add_string(to, early ? " is not valid before " : " has expired on ");
    names_add_time(to, early ? gnutls.x509_crt_get_activation_time(certificate)
                             : gnutls.x509_crt_get_expiration_time(certificate));
}

static void explain_dates(const struct patient *p, struct err *e)
{
    BUF text = { 0 };
    BUF clock = { 0 };
    time_t now = time(NULL);
    gnutls_x509_crt_t which = find_outdated(p->chain, now);
    if (which && which != p->leaf) {
        buf_add_string(&text, "the certificate of the authority ");
        names_add_subject(&text, which);
    } else {
        buf_add_string(&text, "the server's certificate");
    }
    if (which)
        add_dates(&text, which, now);
    else
        buf_add_string(&text, " is issued by an authority whose own has expired");
    names_add_time(&clock, now);
    err_set(e, ERR_CERTIFICATE, "%s; it is %s by the clock of this machine", buf_string(&text),
            buf_string(&clock));
    /* Servers forget to renew; hardly one has a certificate from the future. */
    if (which && is_early(which, now))
        err_hint(e, "most likely the clock of this machine is behind: set it; if it is right, tell "
                    "the server's operator");
    else
        err_hint(e, "if the clock is right, the server's operator has to renew it");
}

static void explain_self_signed(const struct patient *p, struct err *e)
{
    BUF names = { 0 };
    BUF until = { 0 };
    names_add(&names, p->leaf);
    names_add_time(&until, gnutls.x509_crt_get_expiration_time(p->leaf));
    err_set(e, ERR_CERTIFICATE,
            "the server's certificate is self-signed (names: %s; valid until %s)",
            names.len ? buf_string(&names) : "none", buf_string(&until));
    hint_fingerprint(p, "if it is your server and this is its key", e);
}

/* Either of two mistakes, which look the same from here. */
static void explain_alone(const struct patient *p, struct err *e)
{
    BUF issuer = { 0 };
    names_add_issuer(&issuer, p->leaf);
    err_set(e, ERR_CERTIFICATE,
            "the server sent only its own certificate, which is issued by an unknown authority, "
            "\"%s\"",
            buf_string(&issuer));
    err_hint(e, "either the server left out the certificate of that authority, which its operator "
                "can mend, or the authority is a private one, or that of a filter on the way: if "
                "you trust it, name a file with its certificate in tls_ca_file");
}

static void explain_unknown(const struct patient *p, struct err *e)
{
    BUF issuer = { 0 };
    bool alone = p->chain->n == 1;
    if (alone && gnutls.x509_crt_check_issuer(p->leaf, p->leaf)) {
        explain_self_signed(p, e);
        return;
    }
    if (alone) {
        explain_alone(p, e);
        return;
    }
    names_add_issuer(&issuer, p->chain->items[p->chain->n - 1]);
    err_set(e, ERR_CERTIFICATE,
            "the server's certificate is issued by an unknown authority, \"%s\"",
            buf_string(&issuer));
    err_hint(e, "if you trust this authority, name a file with its certificate in tls_ca_file; the "
                "server may also have left out a certificate, or a filter on the way reads along");
}

static void explain_weak(const struct patient *p, struct err *e)
{
    unsigned bits = 0;
    int key = gnutls.x509_crt_get_pk_algorithm(p->leaf, &bits);
    int signature = gnutls.x509_crt_get_signature_algorithm(p->leaf);
    err_set(e, ERR_CERTIFICATE,
            "the server's certificate is too weak: %s key of %u bits, signed with %s",
            gnutls.pk_get_name((gnutls_pk_algorithm_t)key), bits,
            gnutls.sign_get_name((gnutls_sign_algorithm_t)signature));
    hint_fingerprint(p, "the server needs a new one; until then, if this is its key", e);
}

static void explain_purpose(const struct patient *p, struct err *e)
{
    err_set(e, ERR_CERTIFICATE, "the server's certificate is not meant for servers");
    hint_fingerprint(p, "the server needs another one; until then, if this is its key", e);
}

static void explain_stapling(const struct patient *p, struct err *e)
{
    (void)p;
    err_set(e, ERR_CERTIFICATE,
            "the server's certificate demands a proof that it is not revoked, and there is none");
    err_hint(e, "the server's operator has to set up OCSP stapling");
}

int diagnosis_nameless(gnutls_x509_crt_t leaf, struct err *e)
{
    BUF subject = { 0 };
    struct patient p = { .leaf = leaf };
    names_add_subject(&subject, leaf);
    err_set(e, ERR_CERTIFICATE,
            "the server's certificate has no host among its alternative names, only the subject "
            "\"%s\"",
            buf_string(&subject));
    hint_fingerprint(&p, "the server needs a new one; until then, if this is its key", e);
    return -1;
}

static void explain_other(unsigned status, struct err *e)
{
    gnutls_datum_t text = { NULL, 0 };
    int done = gnutls.certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    err_set(e, ERR_CERTIFICATE, "the server's certificate is not trusted: %s",
            done < 0 ? "no reason known" : (const char *)text.data);
    (*gnutls.free)(text.data);
}

int diagnosis_explain(unsigned status, const char *host, const struct chain *chain, struct err *e)
{
    static const struct {
        unsigned bits;
        void (*explain)(const struct patient *p, struct err *e);
    } reasons[] = {
        { GNUTLS_CERT_REVOKED, explain_revoked },
        { GNUTLS_CERT_UNEXPECTED_OWNER, explain_name },
        { GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED, explain_dates },
        { GNUTLS_CERT_SIGNER_NOT_FOUND, explain_unknown },
        { GNUTLS_CERT_INSECURE_ALGORITHM, explain_weak },
        { GNUTLS_CERT_PURPOSE_MISMATCH, explain_purpose },
        { GNUTLS_CERT_MISSING_OCSP_STATUS, explain_stapling },
    };
    struct patient p = { host, chain, chain->items[0] };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (status & reasons[i].bits) {
            reasons[i].explain(&p, e);
            return -1;
        }
    }
    explain_other(status, e);
    return -1;
}
