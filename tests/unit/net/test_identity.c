#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs.h"
#include "net/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

static char folder[] = "/tmp/postbag-identity-XXXXXX";
static char cert_file[64], key_file[64], both_file[64], other_key[64];

static void append(const char *to, const char *from)
{
    char text[8192];
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "a");
    assert_non_null(in);
    assert_non_null(out);
    fwrite(text, 1, fread(text, 1, sizeof text, in), out);
    fclose(in);
    fclose(out);
}

static int make(void **state)
{
    struct cert_plan plan = { .subject = "us", .until_days = 10, .for_clients = true };
    struct cert ours = cert_make(&plan, NULL);
    struct cert others = cert_make(&plan, NULL);
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(cert_file, sizeof cert_file, "%s/cert", folder);
    snprintf(key_file, sizeof key_file, "%s/key", folder);
    snprintf(both_file, sizeof both_file, "%s/both", folder);
    snprintf(other_key, sizeof other_key, "%s/other", folder);
    cert_write(&others, both_file, other_key);
    unlink(both_file);
    cert_write(&ours, cert_file, key_file);
    append(both_file, cert_file);
    append(both_file, key_file);
    cert_free(&ours);
    cert_free(&others);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    unlink(cert_file);
    unlink(key_file);
    unlink(both_file);
    unlink(other_key);
    return rmdir(folder);
}

static void test_expires(void **state)
{
    const struct net_opts rows[] = {
        { .tls_cert = cert_file, .tls_key = key_file },
        { .tls_cert = both_file },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int64_t end = 0;
        assert_int_equal(identity_expires(&rows[i], &end, &e), 0);
        int64_t left = end - time(NULL);
        assert_true(left > 9 * DAY && left <= 10 * DAY);
    }
}

static void test_refused(void **state)
{
    const struct {
        struct net_opts opts;
        const char *words;
    } rows[] = {
        { { .tls_cert = cert_file }, "tls_key" },
        { { .tls_cert = cert_file, .tls_key = other_key }, "tls_key" },
        { { .tls_cert = "/nonexistent/cert" }, "/nonexistent/cert" },
        { { .tls_cert = cert_file, .tls_key = "/nonexistent/key" }, "tls_key /nonexistent/key" },
        { { .tls_cert = folder, .tls_key = key_file }, "tls_cert" },
        { { .tls_cert = cert_file, .tls_key = "pkcs11:token=a?pin-source=/nonexistent/pin" },
          "tls_key: PIN in /nonexistent/pin" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int64_t end = 0;
        assert_int_equal(identity_expires(&rows[i].opts, &end, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_non_null(strstr(e.text, rows[i].words));
    }
}

static void test_none(void **state)
{
    struct identity i = { 0 };
    struct net_opts opts = { 0 };
    ERR e = { 0 };
    (void)state;
    assert_int_equal(identity_load(&i, &opts, NULL, &e), 0);
    identity_done(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expires),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, make, clear);
}
