#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/target.h"

#include <string.h>

enum {
    UNSET = TLS_MODE_UNSET,
    IMPL = TLS_MODE_IMPLICIT,
    START = TLS_MODE_STARTTLS,
    OFF = TLS_MODE_OFF
};

static const struct {
    const char *text;
    int port;
    int tls;
    const char *host; /* NULL: refused */
    int ret_port;
    int ret_tls;
    bool literal;
} targets[] = {
    { "mail.example.com", 0, UNSET, "mail.example.com", 465, IMPL, false },
    { "mail.example.com.", 0, UNSET, "mail.example.com", 465, IMPL, false },
    { "mail.example.com:587", 0, UNSET, "mail.example.com", 587, START, false },
    { "mail.example.com:465", 0, UNSET, "mail.example.com", 465, IMPL, false },
    { "mail.example.com:2465", 0, UNSET, "mail.example.com", 2465, IMPL, false },
    { "mail.example.com", 2525, UNSET, "mail.example.com", 2525, START, false },
    { "mail.example.com:26", 2525, UNSET, "mail.example.com", 26, START, false },
    { "mail.example.com", 0, START, "mail.example.com", 587, START, false },
    { "mail.example.com", 0, OFF, "mail.example.com", 25, OFF, false },
    { "mail.example.com:25", 0, IMPL, "mail.example.com", 25, IMPL, false },
    { "mail.example.com:465", 0, OFF, "mail.example.com", 465, OFF, false },
    { "Mail_Relay", 0, UNSET, "Mail_Relay", 465, IMPL, false },
    { "192.0.2.1", 0, UNSET, "192.0.2.1", 465, IMPL, true },
    { "192.0.2.1:25", 0, UNSET, "192.0.2.1", 25, START, true },
    { "2001:db8::1", 0, UNSET, "2001:db8::1", 465, IMPL, true },
    { "[2001:db8::1]", 0, UNSET, "2001:db8::1", 465, IMPL, true },
    { "[2001:db8::1]:587", 0, UNSET, "2001:db8::1", 587, START, true },
    { "[fe80::1%lo]:587", 0, UNSET, "fe80::1%lo", 587, START, true },
    { "m\303\274nchen.example", 0, UNSET, "xn--mnchen-3ya.example", 465, IMPL, false },
    { "", 0, UNSET, NULL, 0, 0, false },
    { ".", 0, UNSET, NULL, 0, 0, false },
    { ":25", 0, UNSET, NULL, 0, 0, false },
    { "a..b", 0, UNSET, NULL, 0, 0, false },
    { "-a.example", 0, UNSET, NULL, 0, 0, false },
    { "a b", 0, UNSET, NULL, 0, 0, false },
    { "a\r\nb", 0, UNSET, NULL, 0, 0, false },
    { "host:", 0, UNSET, NULL, 0, 0, false },
    { "host:0", 0, UNSET, NULL, 0, 0, false },
    { "host:65536", 0, UNSET, NULL, 0, 0, false },
    { "host:25x", 0, UNSET, NULL, 0, 0, false },
    { "[2001:db8::1", 0, UNSET, NULL, 0, 0, false },
    { "[2001:db8::1]25", 0, UNSET, NULL, 0, 0, false },
    { "[2001:db8::1]:", 0, UNSET, NULL, 0, 0, false },
    { "[mail.example.com]", 0, UNSET, NULL, 0, 0, false },
    { "2001:db8::1::2", 0, UNSET, NULL, 0, 0, false },
    { "\377.example", 0, UNSET, NULL, 0, 0, false },
    { "srv:example.com", 0, UNSET, "example.com", 0, UNSET, false },
    { "SRV:example.com.", 465, START, "example.com", 0, START, false },
    { "srv:m\303\274nchen.example", 0, IMPL, "xn--mnchen-3ya.example", 0, IMPL, false },
    { "srv:example.com", 0, OFF, NULL, 0, 0, false },
    { "srv:example.com:587", 0, UNSET, NULL, 0, 0, false },
    { "srv:192.0.2.1", 0, UNSET, NULL, 0, 0, false },
    { "srv:", 0, UNSET, NULL, 0, 0, false },
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct target t = { .port = -1 };
        struct net_opts opts = { .port = targets[i].port, .tls = (enum tls_mode)targets[i].tls };
        int done = target_parse(&a, targets[i].text, &opts, &t, &e);
        if (!targets[i].host) {
            assert_int_equal(done, -1);
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_int_equal(t.port, -1);
            continue;
        }
        assert_int_equal(done, 0);
        assert_string_equal(t.host, targets[i].host);
        assert_int_equal(t.port, targets[i].ret_port);
        assert_int_equal(t.tls, targets[i].ret_tls);
        assert_int_equal(t.is_literal, targets[i].literal);
        assert_false(t.is_path);
    }
}

static void test_parse_path(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct target t;
    struct net_opts opts = { .port = 25 };
    (void)state;
    assert_int_equal(target_parse(&a, "/run/a:b", &opts, &t, &e), 0);
    assert_true(t.is_path);
    assert_string_equal(t.host, "/run/a:b");
    assert_int_equal(t.tls, TLS_MODE_OFF);
}

static void test_parse_long(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct target t;
    struct net_opts opts = { 0 };
    char name[300];
    (void)state;
    memset(name, 'a', sizeof name);
    name[63] = '\0';
    assert_int_equal(target_parse(&a, name, &opts, &t, &e), 0);
    name[63] = 'a';
    name[64] = '\0';
    assert_int_equal(target_parse(&a, name, &opts, &t, &e), -1);
}

static void test_local(void **state)
{
    static const struct {
        const char *text;
        bool local;
    } rows[] = {
        { "localhost", true },
        { "LocalHost:25", true },
        { "127.0.0.1", true },
        { "127.9.9.9:25", true },
        { "::1", true },
        { "[::1]:25", true },
        { "::ffff:127.0.0.1", true },
        { "/run/socket", true },
        { "128.0.0.1", false },
        { "localhost.example", false },
        { "127.0.0.1.example", false },
        { "::2", false },
        { "::ffff:128.0.0.1", false },
        { "mail.example", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct target t;
        struct net_opts opts = { 0 };
        assert_int_equal(target_parse(&a, rows[i].text, &opts, &t, &e), 0);
        assert_int_equal(target_is_local(&t), rows[i].local);
    }
}

static void test_own_port(void **state)
{
    static const struct {
        const char *text;
        bool has_port;
    } rows[] = {
        { "mail.example.com", false }, { "mail.example.com:465", true },
        { "192.0.2.1:465", true },     { "2001:db8::465", false },
        { "[2001:db8::465]", false },  { "[2001:db8::1]:465", true },
        { "/run/lmtp:465", false },    { "srv:example.com", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct net_opts opts = { .port = 465 };
        struct target t;
        assert_int_equal(target_parse(&a, rows[i].text, &opts, &t, &e), 0);
        assert_int_equal(t.has_port, rows[i].has_port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),      cmocka_unit_test(test_own_port),
        cmocka_unit_test(test_parse_path), cmocka_unit_test(test_parse_long),
        cmocka_unit_test(test_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
