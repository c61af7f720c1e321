#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue/hosts.h"

#include <string.h>

static void entries_come_in_order(void **state)
{
    static const char *entries[] = { "a.example", "[::1]:25", "bad..name", "/run/lmtp" };
    static const char *const want[] = { "a.example port 465, implicit TLS",
                                        "::1 port 25, STARTTLS, through the proxy", NULL,
                                        "/run/lmtp" };
    (void)state;
    ARENA a = { 0 };
    struct net_opts net = { .host = { entries, 4, 4 } };
    struct hosts hosts = { .arena = &a, .net = &net };
    for (size_t i = 0; i < 4; i++) {
        ERR e = { 0 };
        BUF text = { 0 };
        struct target t = { 0 };
        assert_true(hosts_have_more(&hosts));
        net.proxy = i ? "socks5://p" : NULL;
        assert_int_equal(hosts_next(&hosts, (struct deadline){ 0 }, &t, &e), want[i] ? 1 : -1);
        if (want[i]) {
            hosts_describe(&text, &t, &net);
            assert_string_equal(buf_string(&text), want[i]);
        }
    }
    ERR e = { 0 };
    struct target t = { 0 };
    assert_false(hosts_have_more(&hosts));
    assert_int_equal(hosts_next(&hosts, (struct deadline){ 0 }, &t, &e), 0);
}

static void all_but_the_last_leave_time(void **state)
{
    static const char *entries[] = { "a", "b" };
    (void)state;
    struct net_opts net = { .host = { entries, 2, 2 } };
    struct hosts hosts = { .net = &net };
    struct deadline whole = deadline_in(100000);
    hosts.at = 1;
    int left = deadline_left(hosts_share(&hosts, whole));
    assert_in_range(left, 40000, 50000);
    assert_int_equal(hosts_share(&hosts, (struct deadline){ 0 }).at, 0);
    hosts.at = 2;
    assert_int_equal(hosts_share(&hosts, whole).at, whole.at);
    hosts.found.n = 2;
    hosts.taken = 1;
    assert_true(hosts_share(&hosts, whole).at < whole.at);
}

static void a_foreign_name_is_told(void **state)
{
    (void)state;
    struct net_opts net = { 0 };
    struct target t = {
        .host = "mx.host.example", .port = 465, .tls = TLS_MODE_IMPLICIT, .tls_name = "example.com"
    };
    BUF plain = { 0 }, consented = { 0 };
    hosts_describe(&plain, &t, &net);
    assert_string_equal(buf_string(&plain), "mx.host.example port 465, implicit TLS, with a "
                                            "certificate for example.com");
    net.tls_name = "mx.host.example";
    hosts_describe(&consented, &t, &net);
    assert_null(strstr(buf_string(&consented), "example.com"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_come_in_order),
        cmocka_unit_test(all_but_the_last_leave_time),
        cmocka_unit_test(a_foreign_name_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
