#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/socks.h"

#include <string.h>

#define LEN(octets) ((struct span){ octets, sizeof(octets) - 1 })

static void expect(const struct buf *b, struct span want)
{
    if (!span_eq(buf_span(b), want))
        fail_msg("%zu octets instead of %zu, or others", b->len, want.len);
}

static void what_is_said(void **state)
{
    static const struct {
        const char *host;
        int port;
        struct span want;
    } rows[] = {
        { "a.example", 465, LEN("\5\1\0\3\11a.example\1\321") },
        { "192.0.2.1", 25, LEN("\5\1\0\1\300\0\2\1\0\31") },
        { "::1", 587, LEN("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2\113") },
    };
    BUF plain = { 0 }, both = { 0 }, login = { 0 };
    (void)state;
    socks_add_methods(&plain, false);
    expect(&plain, LEN("\5\1\0"));
    socks_add_methods(&both, true);
    expect(&both, LEN("\5\2\0\2"));
    socks_add_login(&login, "me", "sesame");
    expect(&login, LEN("\1\2me\6sesame"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF out = { 0 };
        assert_int_equal(socks_add_request(&out, rows[i].host, rows[i].port, &e), 0);
        expect(&out, rows[i].want);
    }
}

static void what_cannot_be_asked_for(void **state)
{
    char name[258];
    (void)state;
    memset(name, 'a', sizeof name);
    name[256] = '\0';
    const char *const rows[] = { name, "fe80::1%eth0" };
    for (size_t i = 0; i < 2; i++) {
        ERR e = { 0 };
        BUF out = { 0 };
        assert_int_equal(socks_add_request(&out, rows[i], 25, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_int_equal(out.len, 0);
    }
}

enum what { METHOD, METHOD_WITH_PASSWORD, LOGIN, REPLY };

static const struct {
    enum what what;
    struct span reply;
    int lacks; /* or -1 */
    enum err_kind kind;
    const char *text;
} replies[] = {
    { METHOD, LEN(""), 2, ERR_NONE, NULL },
    { METHOD, LEN("\5"), 1, ERR_NONE, NULL },
    { METHOD, LEN("\5\0"), 0, ERR_NONE, NULL },
    { METHOD, LEN("\5\2"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { METHOD, LEN("\5\377"), -1, ERR_AUTH, "it wants one" },
    { METHOD, LEN("H"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { METHOD_WITH_PASSWORD, LEN("\5\0"), 0, ERR_NONE, NULL },
    { METHOD_WITH_PASSWORD, LEN("\5\2"), 0, ERR_NONE, NULL },
    { METHOD_WITH_PASSWORD, LEN("\5\1"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { METHOD_WITH_PASSWORD, LEN("\5\377"), -1, ERR_AUTH, "takes no login that we have" },
    { LOGIN, LEN("\1"), 1, ERR_NONE, NULL },
    { LOGIN, LEN("\1\0"), 0, ERR_NONE, NULL },
    { LOGIN, LEN("\5\0"), 0, ERR_NONE, NULL }, /* some say so */
    { LOGIN, LEN("\1\1"), -1, ERR_AUTH, "refuses the login (status 1)" },
    { LOGIN, LEN("\0\0"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { REPLY, LEN(""), 5, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\1\1"), 5, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\1\1\1\1\1\1\1"), 0, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\4\1"), 17, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\3\2"), 4, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\3\2ab\1\1"), 0, ERR_NONE, NULL },
    { REPLY, LEN("\5\0\0\2\0"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { REPLY, LEN("\4\0"), -1, ERR_PROTOCOL, "does not speak SOCKS 5" },
    { REPLY, LEN("\5\1"), -1, ERR_CONNECT, "general failure (code 1)" },
    { REPLY, LEN("\5\2\0\1"), -1, ERR_PERMISSION, "not allowed by its rules" },
    { REPLY, LEN("\5\4"), -1, ERR_CONNECT, "host unreachable" },
    { REPLY, LEN("\5\5"), -1, ERR_CONNECT, "connection refused" },
    { REPLY, LEN("\5\7"), -1, ERR_UNAVAILABLE, "command not supported" },
    { REPLY, LEN("\5\10"), -1, ERR_UNAVAILABLE, "address type not supported" },
    { REPLY, LEN("\5\11"), -1, ERR_CONNECT, "code 9" },
    { REPLY, LEN("\5\377"), -1, ERR_CONNECT, "code 255" },
};

static int take(enum what what, struct span reply, struct err *e)
{
    enum socks_method method;
    switch (what) {
    case METHOD: return socks_take_method(reply, false, &method, e);
    case METHOD_WITH_PASSWORD: return socks_take_method(reply, true, &method, e);
    case LOGIN: return socks_take_login(reply, e);
    case REPLY: return socks_take_reply(reply, e);
    }
    return -2;
}

static void what_is_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        ERR e = { 0 };
        int lacks = take(replies[i].what, replies[i].reply, &e);
        if (lacks != replies[i].lacks || e.kind != replies[i].kind)
            fail_msg("reply %zu: %d %s", i, lacks, e.text ? e.text : "");
        if (replies[i].text && !strstr(e.text, replies[i].text))
            fail_msg("reply %zu: %s", i, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(what_cannot_be_asked_for),
        cmocka_unit_test(what_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
