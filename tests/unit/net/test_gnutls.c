/* A machine without GnuTLS: whoever needs it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"

static const char *library_name;

#undef GNUTLS_SONAME
#define GNUTLS_SONAME library_name
#include "../../../src/net/gnutls.c"

#include "net/identity.h"
#include "net/tls.h"

static const char real[] = "libgnutls.so.30", absent[] = "libgnutls.so.none";

static int try_open(struct err *e)
{
    return gnutls_open("the test", e);
}

static int try_tls(struct err *e)
{
    struct tls *t;
    const struct net_opts opts = { 0 };
    return tls_new(-1, &opts, "mail.example", false, &t, e);
}

static int try_identity(struct err *e)
{
    int64_t when;
    const struct net_opts opts = { .tls_cert = "/dev/null" };
    return identity_expires(&opts, &when, e);
}

static void nothing_is_done_without_it(void **state)
{
    static const struct {
        int (*run)(struct err *e);
        const char *text;
    } rows[] = {
        { try_open, "the test needs libgnutls" },
        { try_tls, "TLS needs libgnutls" },
        { try_identity, "tls_cert needs libgnutls" },
    };
    (void)state;
    library_name = absent;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        assert_int_equal(rows[i].run(&e), -1);
        assert_int_equal(e.kind, ERR_LIBRARY);
        assert_memory_equal(e.text, rows[i].text, strlen(rows[i].text));
        assert_non_null(strstr(e.hint, "install"));
    }
}

static void it_has_every_function(void **state)
{
    (void)state;
    ERR e = { 0 };
    library_name = real;
    if (gnutls_open("the test", &e) < 0)
        skip();
    assert_non_null(gnutls.alert_get);
    assert_non_null(gnutls.x509_trust_list_init);
    assert_int_equal(gnutls_open("the test", &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_done_without_it),
        cmocka_unit_test(it_has_every_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
