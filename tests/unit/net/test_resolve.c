#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/resolve.h"

#include <arpa/inet.h>

static int port_of(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const void *)address;
    const struct sockaddr_in6 *v6 = (const void *)address;
    return ntohs(address->ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

static void test_literals(void **state)
{
    static const struct {
        const char *host;
        enum ip_family family;
        const char *text; /* NULL: no such host */
    } rows[] = {
        { "192.0.2.1", IP_ANY, "192.0.2.1" },
        { "192.0.2.1", IP_4, "192.0.2.1" },
        { "192.0.2.1", IP_6, NULL },
        { "2001:DB8:0::1", IP_ANY, "2001:db8::1" },
        { "2001:db8::1", IP_6, "2001:db8::1" },
        { "2001:db8::1", IP_4, NULL },
        { "fe80::1%1", IP_ANY, "fe80::1%1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF text = { 0 };
        struct resolved r = { 0 };
        int done = resolve(&a, rows[i].host, 25, rows[i].family, deadline_in(1), &r, &e);
        if (!rows[i].text) {
            assert_int_equal(done, -1);
            assert_int_equal(e.kind, ERR_NOHOST);
            assert_int_equal(r.n, 0);
            continue;
        }
        assert_int_equal(done, 0);
        assert_int_equal(r.n, 1);
        assert_int_equal(port_of(&r.items[0]), 25);
        resolve_add_text(&text, &r.items[0]);
        assert_string_equal(buf_string(&text), rows[i].text);
    }
}

static void test_localhost(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF text = { 0 };
    struct resolved r = { 0 };
    (void)state;
    assert_int_equal(resolve(&a, "localhost", 587, IP_4, deadline_in(5000), &r, &e), 0);
    assert_true(r.n >= 1);
    assert_int_equal(port_of(&r.items[0]), 587);
    resolve_add_text(&text, &r.items[0]);
    assert_string_equal(buf_string(&text), "127.0.0.1");
}

/* What a name server would say is not for this test; that a name that cannot exist fails is. */
static void test_no_such_host(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct resolved r = { 0 };
    (void)state;
    assert_int_equal(resolve(&a, "no_such..host", 25, IP_ANY, deadline_in(2000), &r, &e), -1);
    assert_true(e.kind == ERR_NOHOST || e.kind == ERR_LOOKUP || e.kind == ERR_TIMEOUT);
    assert_non_null(e.text);
}

static void test_deadline(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct resolved r = { 0 };
    struct deadline passed = { 1 };
    (void)state;
    assert_int_equal(resolve(&a, "no_such..host", 25, IP_ANY, passed, &r, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_no_such_host),
        cmocka_unit_test(test_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
