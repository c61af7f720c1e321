/* revocation.c: which lists are taken, and which are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs.h"
#include "net/revocation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400 };

static char path[] = "/tmp/postbag-crl-XXXXXX";

/* A list of `issuer` that holds nobody, until `next` (0: no end). */
static gnutls_datum_t make_list(const struct cert *issuer, time_t next)
{
    gnutls_x509_crl_t list;
    gnutls_datum_t text;
    time_t now = time(NULL);
    assert_int_equal(gnutls_x509_crl_init(&list), 0);
    assert_int_equal(gnutls_x509_crl_set_version(list, 2), 0);
    assert_int_equal(gnutls_x509_crl_set_this_update(list, now - 10 * DAY), 0);
    if (next)
        assert_int_equal(gnutls_x509_crl_set_next_update(list, next), 0);
    assert_int_equal(gnutls_x509_crl_set_number(list, "\1", 1), 0);
    assert_int_equal(gnutls_x509_crl_sign2(list, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0),
                     0);
    assert_int_equal(gnutls_x509_crl_export2(list, GNUTLS_X509_FMT_PEM, &text), 0);
    gnutls_x509_crl_deinit(list);
    return text;
}

static void write_file(const char *before, const gnutls_datum_t *list)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(before, f);
    if (list)
        fwrite(list->data, 1, list->size, f);
    fclose(f);
}

static enum err_kind load(struct cert *leaf)
{
    ERR e = { 0 };
    gnutls_certificate_credentials_t credentials;
    gnutls_x509_crt_t items[] = { leaf->crt };
    struct chain chain = { items, 1 };
    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    int done = revocation_load(path, &chain, credentials, &e);
    assert_int_equal(done < 0, e.kind != ERR_NONE);
    gnutls_certificate_free_credentials(credentials);
    return e.kind;
}

/* Only a list of one's own authority can be too old. */
static void test_dates(void **state)
{
    static const struct {
        bool own;
        int days;
        enum err_kind kind;
    } rows[] = {
        { true, 10, ERR_NONE },
        { true, 0, ERR_NONE },
        { true, -1, ERR_CERTIFICATE },
        { false, -1, ERR_NONE },
    };
    (void)state;
    struct cert_plan plan = { .subject = "root", .authority = true };
    struct cert_plan foreign = { .subject = "other", .authority = true };
    struct cert_plan end = { .subject = "leaf" };
    struct cert root = cert_make(&plan, NULL), other = cert_make(&foreign, NULL);
    struct cert leaf = cert_make(&end, &root);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        time_t next = rows[i].days ? time(NULL) + (time_t)rows[i].days * DAY : 0;
        gnutls_datum_t list = make_list(rows[i].own ? &root : &other, next);
        write_file("", &list);
        assert_int_equal(load(&leaf), rows[i].kind);
        gnutls_free(list.data);
    }
    cert_free(&leaf);
    cert_free(&other);
    cert_free(&root);
}

static void test_no_list(void **state)
{
    static const char *const texts[] = {
        "", "rubbish\n", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"
    };
    (void)state;
    struct cert_plan plan = { .subject = "root", .authority = true };
    struct cert root = cert_make(&plan, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(texts[i], NULL);
        assert_int_equal(load(&root), ERR_CONFIG);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load(&root), ERR_CONFIG);
    cert_free(&root);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates), cmocka_unit_test(test_no_list), /* removes the file */
    };
    return cmocka_run_group_tests(tests, make_file, NULL);
}
