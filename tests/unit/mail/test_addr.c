#include "mail/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct addr make(const char *local, const char *domain)
{
    return (struct addr){ .local = local, .domain = domain };
}

static void test_wire(void **state)
{
    (void)state;
    static const struct {
        const char *local;
        const char *domain;
        const char *wire;
    } rows[] = {
        { "joe", "a.example", "joe@a.example" },
        { "root", "", "root" },
        { "a b", "a.example.", "\"a b\"@a.example" },
        { "jörg", "bücher.example", "jörg@xn--bcher-kva.example" },
        { "joe", "[192.0.2.1]", "joe@[192.0.2.1]" },
        { "a> RCPT TO:<b", "c.example", "\"a> RCPT TO:<b\"@c.example" },
    };
    ARENA arena = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct addr addr = make(rows[i].local, rows[i].domain);
        assert_string_equal(addr_wire(&arena, &addr, &e), rows[i].wire);
    }
}

static void test_wire_null(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr addr = { .local = "", .domain = "", .null = true };
    assert_string_equal(addr_wire(&arena, &addr, &e), "");
}

/* Addresses made by hand, as from a login and a host name: the parser never saw them. */
static void test_wire_refused(void **state)
{
    (void)state;
    static const struct {
        const char *local;
        const char *domain;
        const char *message;
    } rows[] = {
        { "", "b", "@b: the local part is empty" },
        { "a\r\nDATA", "b", "a\\x0d DATA@b: a control character in the local part" },
        { "a", "b>\r\nDATA", "a@b>\\x0d DATA: the domain is no valid name" },
        { "a", "b c", "a@b c: the domain is no valid name" },
        { "a", "b..c", "a@b..c: the domain has an empty part" },
        { "a\x1b", "b", "a\\x1b@b: a control character in the local part" },
        { "a", "[x]",
          "a@[x]: a bad address in square brackets; write [192.0.2.1] or "
          "[IPv6:2001:db8::1]" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        struct addr addr = make(rows[i].local, rows[i].domain);
        buf_add_string(&out, "kept");
        assert_int_equal(addr_add_wire(&out, &addr, &e), -1);
        assert_string_equal(buf_string(&out), "kept");
        assert_int_equal(e.kind, ERR_DATA);
        assert_string_equal(e.text, rows[i].message);
    }
}

static void test_needs_utf8(void **state)
{
    (void)state;
    struct addr local = make("jörg", "a.example");
    struct addr domain = make("joerg", "bücher.example");
    assert_true(addr_needs_utf8(&local));
    assert_false(addr_needs_utf8(&domain));
}

static void test_same(void **state)
{
    (void)state;
    struct addr a = make("Joe", "A.example");
    struct addr b = make("Joe", "a.EXAMPLE.");
    struct addr c = make("joe", "a.example");
    struct addr idn = make("x", "bücher.example");
    struct addr ace = make("x", "xn--bcher-kva.example");
    struct addr null = { .local = "", .domain = "", .null = true };
    assert_true(addr_same(&a, &b));
    assert_false(addr_same(&a, &c));
    assert_true(addr_same(&idn, &ace));
    assert_true(addr_same(&null, &null));
    assert_false(addr_same(&null, &a));
}

static void test_deliverable(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        const char *host;
        bool deliverable;
    } rows[] = {
        { "example.com", "web1", true },
        { "", "web1", false },
        { "web1", "web1", false },
        { "web1.example.com", "web1", false },
        { "web1.example.com", "web1.example.com", false },
        { "example.com", "web1.example.com", true },
        { "web10.example.com", "web1", true },
        { "localhost", "web1", false },
        { "localhost.localdomain", "web1", false },
        { "printer.lan", "web1", false },
        { "[192.0.2.1]", "web1", true },
        { "[127.0.0.1]", "web1", false },
        { "[IPv6:::1]", "web1", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addr addr = make("joe", rows[i].domain);
        assert_int_equal(addr_is_deliverable(&addr, rows[i].host), rows[i].deliverable);
    }
}

static void test_matches(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool matches;
    } rows[] = {
        { "joe@a.example", true },
        { "JOE@A.EXAMPLE", true },
        { "*@a.example", true },
        { "j*@*.example", true },
        { "a.example", true },
        { "A.*", true },
        { "*", true },
        { "example", false },
        { "joe", false },
        { "jo@a.example", false },
        { "joe@a.exampl", false },
        { "@a.example", false },
    };
    struct addr addr = make("Joe", "a.Example");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(addr_matches(&addr, rows[i].pattern), rows[i].matches);
    struct addr bare = make("root", "");
    assert_true(addr_matches(&bare, "root@"));
    assert_true(addr_matches(&bare, "root@*"));
}

static void test_list_add(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    struct addr_list list = { 0 };
    for (size_t i = 0; i < 100; i++) {
        struct addr addr = make(arena_printf(&arena, "u%zu", i), "");
        addr_list_add(&arena, &list, &addr);
    }
    assert_int_equal(list.n, 100);
    assert_string_equal(list.items[0].local, "u0");
    assert_string_equal(list.items[99].local, "u99");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire),         cmocka_unit_test(test_wire_null),
        cmocka_unit_test(test_wire_refused), cmocka_unit_test(test_needs_utf8),
        cmocka_unit_test(test_same),         cmocka_unit_test(test_deliverable),
        cmocka_unit_test(test_matches),      cmocka_unit_test(test_list_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
