#include "mail/domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LABEL63 "123456789012345678901234567890123456789012345678901234567890123"

static void test_wire_form(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        const char *wire; /* NULL: refused */
    } rows[] = {
        { "example.com", "example.com" },
        { "Example.COM", "Example.COM" },
        { "example.com.", "example.com" },
        { "a-b.x_y.example", "a-b.x_y.example" },
        { "localhost", "localhost" },
        { "xn--bcher-kva.example", "xn--bcher-kva.example" },
        { "bücher.example.", "xn--bcher-kva.example" },
        { "[192.0.2.1]", "[192.0.2.1]" },
        { "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },
        { LABEL63 ".example", LABEL63 ".example" },
        { LABEL63 "4.example", NULL },
        { LABEL63 "." LABEL63 "." LABEL63 "." LABEL63,
          LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 },
        { LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 ".a", NULL },
        { "", NULL },
        { ".", NULL },
        { ".example", NULL },
        { "a..example", NULL },
        { "a.example..", NULL },
        { "a b.example", NULL },
        { "a>b.example", NULL },
        { "a\r\nb.example", NULL },
        { "a!b.example", NULL },
        { "a\xef\xbc\x9e.example", NULL },  /* FULLWIDTH GREATER-THAN SIGN maps to ">" */
        { "a\xe3\x80\x80z.example", NULL }, /* IDEOGRAPHIC SPACE maps to a blank */
        { "\xe9.example", NULL },
        { "[192.0.2.1", NULL },
        { "[192.0.2.256]", NULL },
        { "[2001:db8::1]", NULL },
        { "[IPv6:192.0.2.1]", NULL },
        { "[IPv6:2001:db8::1]>", NULL },
        { "[]", NULL },
        { "[", NULL },
        { "[192.0.2.1].", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        int rc = domain_add_wire(&out, rows[i].domain, &e);
        assert_int_equal(rc, rows[i].wire ? 0 : -1);
        assert_string_equal(buf_string(&out), rows[i].wire ? rows[i].wire : "");
        assert_int_equal(e.kind, rows[i].wire ? ERR_NONE : ERR_DATA);
    }
}

static void test_same(void **state)
{
    (void)state;
    assert_true(domain_same("Example.com", "example.COM."));
    assert_true(domain_same("bücher.example", "XN--BCHER-KVA.example"));
    assert_true(domain_same("BÜCHER.example", "bücher.example"));
    assert_true(domain_same("", ""));
    assert_false(domain_same("example.com", "example.org"));
    assert_false(domain_same("bücher.example", "bucher.example"));
    assert_false(domain_same("\xe9.example", "e.example"));
}

static void test_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        bool loopback;
    } rows[] = {
        { "localhost", true },
        { "LOCALHOST.", true },
        { "localhost.localdomain", true },
        { "[127.0.0.1]", true },
        { "[127.9.9.9]", true },
        { "[IPv6:::1]", true },
        { "[IPv6:::ffff:127.0.0.1]", true },
        { "[192.0.2.1]", false },
        { "[IPv6:2001:db8::1]", false },
        { "localhost.example", false },
        { "", false },
        { "[nonsense]", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(domain_is_loopback(rows[i].domain), rows[i].loopback);
}

static void test_private(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        bool is_private;
    } rows[] = {
        { "", true },
        { "web1", true },
        { "localhost", true },
        { "web1.", true },
        { "a.local", true },
        { "a.LOCAL.", true },
        { "a.localdomain", true },
        { "a.internal", true },
        { "a.lan", true },
        { "a.home.arpa", true },
        { "a.localhost", true },
        { "local.example", false },
        { "a.example", false },
        { "a.nolan", false },
        { "[192.0.2.1]", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(domain_is_private(rows[i].domain), rows[i].is_private);
}

static void test_below_host(void **state)
{
    (void)state;
    assert_true(domain_is_below_host("web1", "web1"));
    assert_true(domain_is_below_host("WEB1.example.com", "web1"));
    assert_true(domain_is_below_host("web1.example.com.", "web1.example.com"));
    assert_false(domain_is_below_host("web10.example.com", "web1"));
    assert_false(domain_is_below_host("example.com", "web1.example.com"));
    assert_false(domain_is_below_host("example.com", ""));
}

static void test_problem(void **state)
{
    (void)state;
    assert_null(domain_problem(SPAN("what!is.this")));
    assert_non_null(domain_problem(SPAN("[1.2.3]")));
    assert_non_null(domain_problem(SPAN("[1.2.3.4\0]")));
    assert_non_null(domain_problem(SPAN("\xff")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_form),  cmocka_unit_test(test_same),
        cmocka_unit_test(test_loopback),   cmocka_unit_test(test_private),
        cmocka_unit_test(test_below_host), cmocka_unit_test(test_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
