#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "certs.h"
#include "net/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static char bundle[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/postbag-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(bundle, sizeof bundle, "%s/ca.pem", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(bundle);
    return rmdir(folder);
}

/* A bundle of five authorities with words and a key between them. */
static void write_bundle(struct cert authorities[5])
{
    FILE *f = fopen(bundle, "w");
    assert_non_null(f);
    for (int i = 0; i < 5; i++) {
        char name[16];
        gnutls_datum_t text;
        snprintf(name, sizeof name, "root %d", i);
        struct cert_plan plan = { .subject = name, .authority = true };
        authorities[i] = cert_make(&plan, NULL);
        assert_int_equal(gnutls_x509_crt_export2(authorities[i].crt, GNUTLS_X509_FMT_PEM, &text),
                         0);
        fprintf(f, "# %s\n%s", name, text.data);
        fprintf(f, "-----BEGIN RUBBISH-----\nAAAA\n-----END RUBBISH-----\n");
        fprintf(f, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
        gnutls_free(text.data);
    }
    fprintf(f, "-----BEGIN CERTIFICATE-----\nAAAA\n");
    fclose(f);
}

static unsigned verify(gnutls_certificate_credentials_t credentials, gnutls_x509_crt_t *chain,
                       unsigned n)
{
    unsigned status = 0;
    gnutls_x509_trust_list_t list;
    gnutls_certificate_get_trust_list(credentials, &list);
    assert_int_equal(gnutls_x509_trust_list_verify_crt(list, chain, n, 0, &status, NULL), 0);
    return status;
}

static void test_finds_the_issuer(void **state)
{
    static const struct cert_plan between_plan = { .subject = "between", .authority = true };
    static const struct cert_plan leaf_plan = { .subject = "leaf", .hosts = { "a.example" } };
    ERR e = { 0 };
    struct cert roots[5];
    gnutls_certificate_credentials_t credentials;
    (void)state;
    write_bundle(roots);
    struct cert between = cert_make(&between_plan, &roots[3]);
    struct cert leaf = cert_make(&leaf_plan, &between);
    struct cert stranger = cert_make(&leaf_plan, NULL);
    gnutls_x509_crt_t certificates[] = { leaf.crt, between.crt };
    struct chain chain = { certificates, 2 };
    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    assert_int_equal(store_load(bundle, &chain, credentials, &e), 0);
    assert_int_equal(verify(credentials, certificates, 2), 0);
    certificates[0] = stranger.crt;
    assert_int_not_equal(verify(credentials, certificates, 1), 0);
    gnutls_certificate_free_credentials(credentials);
    for (int i = 0; i < 5; i++)
        cert_free(&roots[i]);
    cert_free(&between);
    cert_free(&leaf);
    cert_free(&stranger);
}

/* `text` with another line length and line end. */
static void write_lines(FILE *f, const gnutls_datum_t *text, unsigned line, const char *end)
{
    struct span rest = { (const char *)text->data, text->size };
    struct span part;
    BUF base64 = { 0 };
    while (span_next(&rest, '\n', &part))
        if (!span_has(part, '-'))
            buf_add_span(&base64, part);
    fprintf(f, "-----BEGIN CERTIFICATE-----%s", end);
    for (size_t at = 0; at < base64.len; at += line)
        fprintf(f, "%.*s%s", (int)line, base64.at + at, end);
    fprintf(f, "-----END CERTIFICATE-----%s", end);
}

enum { PLACES = 12 };

/* Trusted authorities whose own names stand only once in them, at different places. */
static void write_places(struct cert authorities[PLACES])
{
    static const char *const ends[] = { "\n", "\r\n", " \n" };
    FILE *f = fopen(bundle, "w");
    assert_non_null(f);
    for (int i = 0; i < PLACES; i++) {
        gnutls_datum_t text;
        struct cert_plan above_plan = { .subject = &"aaaaaaaaaaaa"[i], .authority = true };
        struct cert_plan plan = { .subject = &"nnnnnnnnnnnnnnnn"[i], .authority = true };
        struct cert above = cert_make(&above_plan, NULL);
        authorities[i] = cert_make(&plan, &above);
        assert_int_equal(gnutls_x509_crt_export2(authorities[i].crt, GNUTLS_X509_FMT_PEM, &text),
                         0);
        write_lines(f, &text, 61 + (unsigned)i, ends[i % 3]);
        gnutls_free(text.data);
        cert_free(&above);
    }
    fclose(f);
}

/* Wherever its name begins in the groups of base64, and however the lines are cut. */
static void test_finds_any_place(void **state)
{
    static const struct cert_plan plan = { .subject = "leaf", .hosts = { "a.example" } };
    struct cert authorities[PLACES];
    (void)state;
    write_places(authorities);
    for (int i = 0; i < PLACES; i++) {
        ERR e = { 0 };
        gnutls_certificate_credentials_t credentials;
        struct cert leaf = cert_make(&plan, &authorities[i]);
        struct chain chain = { &leaf.crt, 1 };
        assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
        assert_int_equal(store_load(bundle, &chain, credentials, &e), 0);
        assert_int_equal(verify(credentials, &leaf.crt, 1), 0);
        gnutls_certificate_free_credentials(credentials);
        cert_free(&leaf);
    }
    for (int i = 0; i < PLACES; i++)
        cert_free(&authorities[i]);
}

static void write_text(const char *text)
{
    FILE *f = fopen(bundle, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_bad_files(void **state)
{
    static const struct cert_plan plan = { .subject = "leaf", .hosts = { "a.example" } };
    static const char *const files[] = { "/nonexistent/ca.pem", "/tmp", bundle };
    gnutls_certificate_credentials_t credentials;
    struct cert leaf = cert_make(&plan, NULL);
    struct chain chain = { &leaf.crt, 1 };
    (void)state;
    write_text("no certificate here\n");
    for (size_t i = 0; i < 3; i++) {
        ERR e = { 0 };
        assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
        assert_int_equal(store_load(files[i], &chain, credentials, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_non_null(strstr(e.text, files[i]));
        gnutls_certificate_free_credentials(credentials);
    }
    cert_free(&leaf);
}

/* Whether this machine has a bundle or not. */
static void test_system(void **state)
{
    static const struct cert_plan plan = { .subject = "leaf", .hosts = { "a.example" } };
    ERR e = { 0 };
    gnutls_certificate_credentials_t credentials;
    struct cert leaf = cert_make(&plan, NULL);
    struct chain chain = { &leaf.crt, 1 };
    (void)state;
    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    if (store_load(NULL, &chain, credentials, &e) < 0)
        assert_int_equal(e.kind, ERR_SYSFILE);
    else
        assert_int_not_equal(verify(credentials, &leaf.crt, 1), 0);
    gnutls_certificate_free_credentials(credentials);
    cert_free(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_the_issuer),
        cmocka_unit_test(test_finds_any_place),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_system),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
