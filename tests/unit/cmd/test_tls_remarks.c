#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/tls_remarks.h"

#include <string.h>

static const char *one[] = { "sha256:00" };
static const char *two[] = { "sha256:00", "sha256:11" };

static void test_notes(void **state)
{
    static const struct {
        struct net_opts net;
        const char *note; /* NULL: nothing to say */
    } rows[] = {
        { { .tls_min = TLS_VERSION_1_2 }, NULL },
        { { .tls_pin = { one, 1, 1 } }, "no backup" },
        { { .tls_pin = { two, 2, 2 } }, NULL },
        { { .tls_fingerprint = { one, 1, 1 } }, NULL },
        { { .tls_priority = "NORMAL" }, "in place of tls_min" },
        { { .tls = TLS_MODE_OFF, .tls_priority = "NORMAL" }, NULL },
        { { .tls = TLS_MODE_OFF, .tls_cert = "/nonexistent" }, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct account account = { .net = rows[i].net };
        struct tls_remarks remarks;
        assert_int_equal(tls_remarks(&a, &account, &remarks, &e), 0);
        assert_int_equal(remarks.warnings.n, 0);
        assert_int_equal(remarks.notes.n, rows[i].note ? 1 : 0);
        if (rows[i].note)
            assert_non_null(strstr(remarks.notes.items[0], rows[i].note));
    }
}

static void test_unusable_certificate(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct account account = { .net = { .tls_cert = "/nonexistent" } };
    struct tls_remarks remarks;
    (void)state;
    assert_int_equal(tls_remarks(&a, &account, &remarks, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_unusable_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
