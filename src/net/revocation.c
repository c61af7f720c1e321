#include "net/revocation.h"

#include "base/buf.h"
#include "base/io.h"
#include "net/names.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { FILE_LIMIT = 64 * 1024 * 1024 };

struct lists {
    gnutls_x509_crl_t *items;
    unsigned n;
};

static void lists_done(struct lists *l)
{
    for (unsigned i = 0; i < l->n; i++)
        gnutls.x509_crl_deinit(l->items[i]);
    (*gnutls.free)(l->items);
}

static int read_lists(const char *file, struct lists *ret, struct err *e)
{
    BUF text = { 0 };
    CLEANUP(io_close) int fd = io_open_file(file);
    if (fd < 0)
        return err_system(e, ERR_CONFIG, errno, "tls_crl_file %s", file);
    if (io_read_all(fd, file, FILE_LIMIT, &text, e) < 0) {
        e->kind = ERR_CONFIG;
        return -1;
    }
    gnutls_datum_t pem = { (unsigned char *)text.at, (unsigned)text.len };
    if (text.len &&
        gnutls.x509_crl_list_import2(&ret->items, &ret->n, &pem, GNUTLS_X509_FMT_PEM, 0) >= 0 &&
        ret->n)
        return 0;
    err_set(e, ERR_CONFIG, "tls_crl_file %s holds no revocation list in PEM form", file);
    err_hint(e, "openssl crl -inform DER -in FILE -out FILE.pem makes one of a list in DER form");
    return -1;
}

static bool is_issuer(gnutls_x509_crl_t list, gnutls_x509_crt_t certificate)
{
    gnutls_datum_t a = { NULL, 0 }, b = { NULL, 0 };
    bool same = gnutls.x509_crl_get_raw_issuer_dn(list, &a) >= 0 &&
                gnutls.x509_crt_get_raw_issuer_dn(certificate, &b) >= 0 && a.size == b.size &&
                memcmp(a.data, b.data, a.size) == 0;
    (*gnutls.free)(a.data);
    (*gnutls.free)(b.data);
    return same;
}

static bool concerns(gnutls_x509_crl_t list, const struct chain *chain)
{
    for (size_t i = 0; i < chain->n; i++)
        if (is_issuer(list, chain->items[i]))
            return true;
    return false;
}

/* A list without a date for the next one has no end. */
static bool is_outdated(gnutls_x509_crl_t list, time_t now)
{
    time_t next = gnutls.x509_crl_get_next_update(list);
    return next != (time_t)-1 && next < now;
}

static int check_dates(const struct lists *l, const struct chain *chain, struct err *e)
{
    time_t now = time(NULL);
    for (unsigned i = 0; i < l->n; i++) {
        BUF until = { 0 };
        if (!is_outdated(l->items[i], now) || !concerns(l->items[i], chain))
            continue;
        names_add_time(&until, gnutls.x509_crl_get_next_update(l->items[i]));
        err_set(e, ERR_CERTIFICATE, "the revocation list in tls_crl_file was valid until %s",
                buf_string(&until));
        err_hint(e, "fetch a new list; without tls_crl_file none is looked at");
        return -1;
    }
    return 0;
}

int revocation_load(const char *file, const struct chain *chain,
                    gnutls_certificate_credentials_t credentials, struct err *e)
{
    CLEANUP(lists_done) struct lists l = { 0 };
    if (read_lists(file, &l, e) < 0 || check_dates(&l, chain, e) < 0)
        return -1;
    if (gnutls.certificate_set_x509_crl(credentials, l.items, (int)l.n) < 0)
        return err_set(e, ERR_INTERNAL, "GnuTLS does not take the lists of %s", file);
    return 0;
}
