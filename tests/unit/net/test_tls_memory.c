#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tls_memory.h"

static const struct target server = { .host = "mail.example",
                                      .port = 465,
                                      .tls = TLS_MODE_IMPLICIT };
static const struct net_opts settings = { .tls_ca_file = "/ca.pem" };

static struct tls_memory filled(void)
{
    struct tls_memory m = { 0 };
    tls_memory_aim(&m, &server, &settings);
    tls_memory_keep(&m, SPAN("session"));
    m.offered = true;
    return m;
}

static void test_same(void **state)
{
    struct tls_memory m = filled();
    (void)state;
    tls_memory_aim(&m, &server, &settings);
    assert_true(span_is(buf_span(&m.session), "session"));
    assert_true(m.session.secret);
    assert_false(m.offered);
    tls_memory_done(&m);
}

static void test_another_server(void **state)
{
    static const struct target others[] = {
        { .host = "mail.example", .port = 587, .tls = TLS_MODE_IMPLICIT },
        { .host = "mail.example", .port = 465, .tls = TLS_MODE_STARTTLS },
        { .host = "mx.example", .port = 465, .tls = TLS_MODE_IMPLICIT },
        { .host = "mail.example", .port = 465, .tls = TLS_MODE_IMPLICIT, .tls_name = "x" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct tls_memory m = filled();
        tls_memory_aim(&m, &others[i], &settings);
        assert_int_equal(m.session.len, 0);
        tls_memory_done(&m);
    }
}

static void test_other_settings(void **state)
{
    static const char *one[] = { "a" }, *joined[] = { "a\n1:b" }, *two[] = { "a", "b" };
    static const struct net_opts others[] = {
        { .tls_ca_file = NULL },
        { .tls_ca_file = "/other.pem" },
        { .tls_ca_file = "/ca.pem", .tls_crl_file = "/crl.pem" },
        { .tls_ca_file = "/ca.pem", .tls_name = "mx.example" },
        { .tls_ca_file = "/ca.pem", .tls_priority = "NORMAL" },
        { .tls_ca_file = "/ca.pem", .tls_min = TLS_VERSION_1_3 },
        { .tls_ca_file = "/ca.pem", .tls_verify = TLS_VERIFY_INSECURE },
        { .tls_ca_file = "/ca.pem", .proxy = "socks5://127.0.0.1" },
        { .tls_ca_file = "/ca.pem", .tls_pin = { one, 1, 1 } },
        { .tls_ca_file = "/ca.pem", .tls_pin = { two, 2, 2 } },
        { .tls_ca_file = "/ca.pem", .tls_pin = { joined, 1, 1 } },
        { .tls_ca_file = "/ca.pem", .tls_fingerprint = { one, 1, 1 } },
    };
    enum { N = sizeof others / sizeof *others };
    (void)state;
    for (size_t i = 0; i < N; i++) {
        struct tls_memory m = filled();
        tls_memory_aim(&m, &server, &others[i]);
        assert_int_equal(m.session.len, 0);
        tls_memory_keep(&m, SPAN("session"));
        tls_memory_aim(&m, &server, &others[(i + 1) % N]);
        assert_int_equal(m.session.len, 0);
        tls_memory_done(&m);
    }
}

static void test_allowed(void **state)
{
    static const struct {
        struct net_opts opts;
        bool allowed;
    } rows[] = {
        { { .tls_ca_file = "/ca.pem" }, true },
        { { .tls_verify = TLS_VERIFY_INSECURE }, false },
        { { .tls_cert = "/cert.pem" }, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tls_memory_allowed(&rows[i].opts), rows[i].allowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_another_server),
        cmocka_unit_test(test_other_settings),
        cmocka_unit_test(test_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
