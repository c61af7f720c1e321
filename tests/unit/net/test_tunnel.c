#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/tunnel.h"

#include <string.h>

static void the_request(void **state)
{
    BUF plain = { 0 }, login = { 0 };
    (void)state;
    tunnel_add_request(&plain, "2001:db8::1", 587, NULL, NULL);
    assert_string_equal(buf_string(&plain), "CONNECT [2001:db8::1]:587 HTTP/1.1\r\n"
                                            "Host: [2001:db8::1]:587\r\n\r\n");
    tunnel_add_request(&login, "a.example", 465, "Aladdin", "open sesame");
    assert_string_equal(buf_string(&login),
                        "CONNECT a.example:465 HTTP/1.1\r\nHost: a.example:465\r\n"
                        "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

static void the_end_of_a_head(void **state)
{
    static const struct {
        const char *text;
        int length;
    } rows[] = {
        { "", 0 },
        { "H", 0 },
        { "HTTP/1.1 200 OK\r\n", 0 },
        { "HTTP/1.1 200 OK\r\n\r", 0 },
        { "HTTP/1.1 200 OK\r\n\r\n", 19 },
        { "HTTP/1.1 200 OK\r\n\r\n220 hello\r\n", 19 },
        { "HTTP/1.0 200 OK\n\n220", 17 },
        { "HTTP/1.1 200 OK\r\nVia: x\r\n\r\n", 27 },
        { "220 mail.example ESMTP\r\n", -1 },
        { "HTTP/2 200\r\n\r\n", -1 },
        { "\5\1", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int length = tunnel_head(span_of(rows[i].text), &e);
        if (length != rows[i].length)
            fail_msg("%s: %d", rows[i].text, length);
        assert_int_equal(e.kind, length < 0 ? ERR_PROTOCOL : ERR_NONE);
    }
}

static void a_head_without_end(void **state)
{
    BUF text = { 0 };
    (void)state;
    buf_add_string(&text, "HTTP/1.1 200 OK\r\n");
    while (text.len < TUNNEL_REPLY_MAX - 20) {
        ERR e = { 0 };
        buf_add_string(&text, "X: y\r\n");
        assert_int_equal(tunnel_head(buf_span(&text), &e), 0);
    }
    buf_add_string(&text, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    ERR e = { 0 };
    assert_int_equal(tunnel_head(buf_span(&text), &e), -1);
}

static void the_answer(void **state)
{
    static const struct {
        const char *head;
        bool with_password;
        enum err_kind kind;
        const char *text, *hint;
    } rows[] = {
        { "HTTP/1.1 200 Connection established\r\n\r\n", false, ERR_NONE, NULL, NULL },
        { "HTTP/1.0 200\n\n", false, ERR_NONE, NULL, NULL },
        { "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", false, ERR_AUTH,
          "the proxy refuses: 407 Proxy Authentication Required", "user:password@" },
        { "HTTP/1.1 407 No\r\n\r\n", true, ERR_AUTH, "407 No", "check user and password" },
        { "HTTP/1.1 403 Forb\033idden\r\n\r\n", false, ERR_PERMISSION, "403 Forb", "443" },
        { "HTTP/1.1 405 Method Not Allowed\r\n\r\n", false, ERR_UNAVAILABLE, "405", "443" },
        { "HTTP/1.1 502 Bad Gateway\r\n\r\n", false, ERR_CONNECT, "502 Bad Gateway", "reach" },
        { "HTTP/1.1 404 Not Found\r\n\r\n", false, ERR_UNAVAILABLE, "404", "web server" },
        { "HTTP/1.1 302 Found\r\n\r\n", false, ERR_UNAVAILABLE, "302", "web server" },
        { "HTTP/1.1 20 x\r\n\r\n", false, ERR_PROTOCOL, "does not speak HTTP", "SOCKS" },
        { "HTTP/1.1 2000 x\r\n\r\n", false, ERR_PROTOCOL, "does not speak HTTP", "SOCKS" },
        { "HTTP/1.1\r\n\r\n", false, ERR_PROTOCOL, "does not speak HTTP", "SOCKS" },
        { "HTTP/1.1 -20 x\r\n\r\n", false, ERR_PROTOCOL, "does not speak HTTP", "SOCKS" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        int done = tunnel_take_reply(span_of(rows[i].head), rows[i].with_password, &e);
        if (done != (rows[i].kind ? -1 : 0) || e.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].head, e.text ? e.text : "");
        if (done < 0 && (!strstr(e.text, rows[i].text) || !strstr(e.hint, rows[i].hint)))
            fail_msg("%s: %s; %s", rows[i].head, e.text, e.hint);
        for (const char *c = done < 0 ? e.text : ""; *c; c++)
            assert_false(ascii_is_control(*c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_request),
        cmocka_unit_test(the_end_of_a_head),
        cmocka_unit_test(a_head_without_end),
        cmocka_unit_test(the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
