#include "net/store.h"

#include "base/arena.h"
#include "base/base64.h"
#include "base/io.h"
#include "build.h"

#include <errno.h>
#include <string.h>

enum { STORE_LIMIT = 16 * 1024 * 1024 };

/* A name can begin at any of three places of the groups that base64 makes of three octets. Its
 * whole groups then read in one of three ways, whatever stands around them. */
static void add_needles(struct arena *a, struct strlist *needles, const gnutls_datum_t *name)
{
    for (size_t skip = 0; skip < 3; skip++) {
        BUF text = { 0 };
        size_t len = name->size > skip ? (name->size - skip) / 3 * 3 : 0;
        base64_encode(&text, (struct span){ (const char *)name->data + skip, len });
        strlist_add(a, needles, arena_string(a, buf_span(&text)));
    }
}

typedef int name_of(gnutls_x509_crt_t certificate, gnutls_datum_t *ret);

static void add_name(struct arena *a, struct strlist *needles, name_of *get,
                     gnutls_x509_crt_t certificate)
{
    gnutls_datum_t name = { NULL, 0 };
    if (get(certificate, &name) >= 0)
        add_needles(a, needles, &name);
    (*gnutls.free)(name.data);
}

/* Every issuer, and the subjects of the authorities among them: the chain may hold the trusted
 * certificate itself, or another one of the same name. */
static void find_needles(struct arena *a, const struct chain *chain, struct strlist *ret)
{
    for (size_t i = 0; i < chain->n; i++) {
        add_name(a, ret, gnutls.x509_crt_get_raw_issuer_dn, chain->items[i]);
        if (i > 0)
            add_name(a, ret, gnutls.x509_crt_get_raw_dn, chain->items[i]);
    }
}

static bool is_wanted(const struct strlist *needles, struct span block)
{
    BUF text = { 0 };
    struct span line;
    while (span_next(&block, '\n', &line))
        buf_add_span(&text, span_trim(line));
    for (size_t i = 0; i < needles->n; i++)
        if (memmem(text.at, text.len, needles->items[i], strlen(needles->items[i])))
            return true;
    return false;
}

static void list_add(gnutls_x509_trust_list_t list, struct span block)
{
    gnutls_datum_t pem = { (unsigned char *)(uintptr_t)block.at, (unsigned)block.len };
    gnutls_x509_crt_t authority;
    if (gnutls.x509_crt_init(&authority) < 0)
        return;
    if (gnutls.x509_crt_import(authority, &pem, GNUTLS_X509_FMT_PEM) < 0 ||
        gnutls.x509_trust_list_add_cas(list, &authority, 1, 0) != 1)
        gnutls.x509_crt_deinit(authority);
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

/* How many certificates the bundle holds, wanted or not. */
static size_t add_bundle(struct span bundle, const struct strlist *needles,
                         gnutls_x509_trust_list_t list)
{
    struct span block;
    size_t n = 0;
    while (next_block(&bundle, &block)) {
        if (!is_certificate(block))
            continue;
        n++;
        if (is_wanted(needles, block))
            list_add(list, block);
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
    CLEANUP(io_close) int fd = io_open_file(file ? file : TRUST_FILE);
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
    ARENA a = { 0 };
    BUF bundle = { 0 };
    struct strlist needles = { 0 };
    gnutls_x509_trust_list_t list;
    if (read_bundle(file, &bundle, e) < 0)
        return -1;
    if (gnutls.x509_trust_list_init(&list, 0) < 0)
        return err_set(e, ERR_INTERNAL, "GnuTLS: no memory");
    find_needles(&a, chain, &needles);
    size_t n = add_bundle(buf_span(&bundle), &needles, list);
    gnutls.certificate_set_trust_list(credentials, list, 0);
    if (n)
        return 0;
    if (file)
        return err_set(e, ERR_CONFIG, "tls_ca_file %s holds no certificate in PEM form", file);
    return gnutls.certificate_set_x509_system_trust(credentials) > 0 ? 0 : no_store(e);
}
