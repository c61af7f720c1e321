#include "net/store.h"

#include "base/arena.h"
#include "base/io.h"
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STORE_LIMIT = 16 * 1024 * 1024 };

/* The distinguished names in DER that an authority of use must contain. */
struct wanted {
    gnutls_datum_t *names;
    size_t n;
};

static void wanted_add(struct wanted *w, int done, gnutls_datum_t name)
{
    if (done >= 0 && name.size)
        w->names[w->n++] = name;
}

/* Every issuer, and the subjects of the authorities among them: the chain may hold the trusted
 * certificate itself, or another one of the same name. */
static void wanted_fill(struct wanted *w, const struct chain *chain)
{
    w->names = mem_new(2 * chain->n, sizeof *w->names);
    for (size_t i = 0; i < chain->n; i++) {
        gnutls_datum_t name = { NULL, 0 };
        int done = gnutls_x509_crt_get_raw_issuer_dn(chain->items[i], &name);
        wanted_add(w, done, name);
        name = (gnutls_datum_t){ NULL, 0 };
        if (i > 0)
            wanted_add(w, gnutls_x509_crt_get_raw_dn(chain->items[i], &name), name);
    }
}

static void wanted_done(struct wanted *w)
{
    for (size_t i = 0; i < w->n; i++)
        gnutls_free(w->names[i].data);
    free(w->names);
}

static bool is_wanted(const struct wanted *w, const gnutls_datum_t *der)
{
    for (size_t i = 0; i < w->n; i++)
        if (memmem(der->data, der->size, w->names[i].data, w->names[i].size))
            return true;
    return false;
}

static void list_add(gnutls_x509_trust_list_t list, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t authority;
    if (gnutls_x509_crt_init(&authority) < 0)
        return;
    if (gnutls_x509_crt_import(authority, der, GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_x509_trust_list_add_cas(list, &authority, 1, 0) != 1)
        gnutls_x509_crt_deinit(authority);
}

/* Takes the next block "-----BEGIN … -----END …" (RFC 7468) off the front. */
static bool next_block(struct span *rest, struct span *ret)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ";
    const char *first = rest->len ? memmem(rest->at, rest->len, begin, sizeof begin - 1) : NULL;
    if (!first)
        return false;
    *rest = span_from(*rest, (size_t)(first - rest->at));
    const char *last = memmem(rest->at, rest->len, end, sizeof end - 1);
    if (!last)
        return false;
    const char *line = memchr(last, '\n', rest->len - (size_t)(last - rest->at));
    size_t len = line ? (size_t)(line - rest->at) + 1 : rest->len;
    *ret = (struct span){ rest->at, len };
    *rest = span_from(*rest, len);
    return true;
}

static bool is_certificate(struct span block)
{
    return span_starts(block, "-----BEGIN CERTIFICATE-----") ||
           span_starts(block, "-----BEGIN X509 CERTIFICATE-----");
}

/* How many certificates the bundle holds, whether wanted or not. */
static size_t add_bundle(struct span bundle, const struct wanted *w, gnutls_x509_trust_list_t list)
{
    struct span block;
    size_t n = 0;
    while (next_block(&bundle, &block)) {
        gnutls_datum_t pem = { (unsigned char *)(uintptr_t)block.at, (unsigned)block.len };
        gnutls_datum_t der = { NULL, 0 };
        if (!is_certificate(block) || gnutls_pem_base64_decode2(NULL, &pem, &der) < 0)
            continue;
        n++;
        if (is_wanted(w, &der))
            list_add(list, &der);
        gnutls_free(der.data);
    }
    return n;
}

static int no_store(struct err *e)
{
    err_set(e, ERR_SYSFILE, "there are no trusted certificates on this system (%s)", TRUST_FILE);
    err_hint(e, "install ca-certificates, or name a file in tls_ca_file");
    return -1;
}

/* `ret` stays empty without an error when the system's bundle is not where it should be. */
static int read_bundle(const char *file, struct buf *ret, struct err *e)
{
    CLEANUP(io_close) int fd = open(file ? file : TRUST_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && io_read_all(fd, file ? file : TRUST_FILE, STORE_LIMIT, ret, e) == 0)
        return 0;
    if (!file)
        return 0;
    if (fd < 0)
        return err_system(e, ERR_CONFIG, errno, "tls_ca_file %s", file);
    e->kind = ERR_CONFIG;
    return -1;
}

int store_load(const char *file, const struct chain *chain,
               gnutls_certificate_credentials_t credentials, struct err *e)
{
    BUF bundle = { 0 };
    struct wanted wanted = { 0 };
    gnutls_x509_trust_list_t list;
    if (read_bundle(file, &bundle, e) < 0)
        return -1;
    if (gnutls_x509_trust_list_init(&list, 0) < 0)
        return err_set(e, ERR_INTERNAL, "GnuTLS: no memory");
    wanted_fill(&wanted, chain);
    size_t n = add_bundle(buf_span(&bundle), &wanted, list);
    wanted_done(&wanted);
    gnutls_certificate_set_trust_list(credentials, list, 0);
    if (n)
        return 0;
    if (file)
        return err_set(e, ERR_CONFIG, "tls_ca_file %s holds no certificate in PEM form", file);
    return gnutls_certificate_set_x509_system_trust(credentials) > 0 ? 0 : no_store(e);
}
