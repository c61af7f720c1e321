#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/proxy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEN(octets) ((struct span){ octets, sizeof(octets) - 1 })

static void the_notation(void **state)
{
    static const struct {
        const char *text;
        int kind; /* -1: refused */
        const char *host;
        int port;
        const char *user, *password;
    } rows[] = {
        { "socks5://proxy.example", PROXY_SOCKS5, "proxy.example", 1080, NULL, NULL },
        { "socks5h://proxy.example:9/", PROXY_SOCKS5, "proxy.example", 9, NULL, NULL },
        { "SOCKS5://[::1]:25", PROXY_SOCKS5, "::1", 25, NULL, NULL },
        { "http://192.0.2.1:3128", PROXY_HTTP, "192.0.2.1", 3128, NULL, NULL },
        { "http://me:sesame@p:25/", PROXY_HTTP, "p", 25, "me", "sesame" },
        { "socks5://me:s%40e%3As:a@me@p", PROXY_SOCKS5, "p", 1080, "me", "s@e:s:a@me" },
        { "socks5://me@p", PROXY_SOCKS5, "p", 1080, "me", "" },
        { "http://proxy.example", -1, NULL, 0, NULL, NULL },
        { "socks4://sesame", -1, NULL, 0, NULL, NULL },
        { "https://sesame:443", -1, NULL, 0, NULL, NULL },
        { "sesame:1080", -1, NULL, 0, NULL, NULL },
        { "socks5://", -1, NULL, 0, NULL, NULL },
        { "socks5:///sesame", -1, NULL, 0, NULL, NULL },
        { "socks5://srv:sesame", -1, NULL, 0, NULL, NULL },
        { "socks5://:sesame@p", -1, NULL, 0, NULL, NULL },
        { "socks5://me:sesame%@p", -1, NULL, 0, NULL, NULL },
        { "socks5://me:sesame%zz@p", -1, NULL, 0, NULL, NULL },
        { "socks5://me:sesame%0a@p", -1, NULL, 0, NULL, NULL },
        { "socks5://me:sesame@p:0", -1, NULL, 0, NULL, NULL },
        { "socks5://me:sesame@p:25/sesame", -1, NULL, 0, NULL, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct proxy p = { .user = "untouched" };
        int done = proxy_parse(&a, rows[i].text, &p, &e);
        if (done != (rows[i].kind < 0 ? -1 : 0))
            fail_msg("%s: %d %s", rows[i].text, done, e.text ? e.text : "");
        if (done < 0) {
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_null(strstr(e.text, "sesame"));
            assert_string_equal(p.user, "untouched");
            continue;
        }
        assert_int_equal(p.kind, rows[i].kind);
        assert_string_equal(p.at.host, rows[i].host);
        assert_int_equal(p.at.port, rows[i].port);
        assert_string_equal(p.user ? p.user : "-", rows[i].user ? rows[i].user : "-");
        assert_string_equal(p.password ? p.password : "-",
                            rows[i].password ? rows[i].password : "-");
    }
}

/* What the proxy says is there from the start; what it heard is looked at afterwards. */
static const struct {
    const char *proxy;
    struct span says, heard;
    enum err_kind kind;
    const char *text;
} dialogues[] = {
    { "socks5://p",
      LEN("\5\0\5\0\0\1\0\0\0\0\0\0"
          "220 hello"),
      LEN("\5\1\0\5\1\0\3\1h\0\31"), ERR_NONE, NULL },
    { "socks5://me:sesame@p",
      LEN("\5\2\1\0\5\0\0\3\1x\0\0"
          "220 hello"),
      LEN("\5\2\0\2\1\2me\6sesame\5\1\0\3\1h\0\31"), ERR_NONE, NULL },
    { "socks5://me:sesame@p",
      LEN("\5\0\5\0\0\1\0\0\0\0\0\0"
          "220 hello"),
      LEN("\5\2\0\2\5\1\0\3\1h\0\31"), ERR_NONE, NULL },
    { "socks5://me:sesame@p", LEN("\5\2\1\1"), LEN("\5\2\0\2\1\2me\6sesame"), ERR_AUTH,
      "h port 25 through p: the proxy refuses the login" },
    { "socks5://p", LEN("\5\0\5\5"), LEN("\5\1\0\5\1\0\3\1h\0\31"), ERR_CONNECT,
      "connection refused" },
    { "socks5://p", LEN("\5\0\5\0\0\1"), LEN("\5\1\0\5\1\0\3\1h\0\31"), ERR_CLOSED,
      "the proxy closed the connection" },
    { "http://p:1", LEN("HTTP/1.1 200 OK\r\nVia: p\r\n\r\n220 hello"),
      LEN("CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n\r\n"), ERR_NONE, NULL },
    { "http://me:sesame@p:1", LEN("HTTP/1.1 407 not sesame\r\n\r\n<html>"),
      LEN("CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n"
          "Proxy-Authorization: Basic bWU6c2VzYW1l\r\n\r\n"),
      ERR_AUTH, "the proxy refuses: 407 not ***" },
    { "http://p:1", LEN("HTTP/1.1 200 OK\r\n"), LEN("CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n\r\n"),
      ERR_CLOSED, "the proxy closed the connection" },
    { "http://p:1", LEN("220 hello"), LEN("CONNECT h:25 HTTP/1.1\r\nHost: h:25\r\n\r\n"),
      ERR_PROTOCOL, "does not speak HTTP" },
};

static void a_dialogue_leaves_the_servers_words(void **state)
{
    const struct target t = { .host = "h", .port = 25 };
    (void)state;
    for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct proxy p;
        int ends[2];
        char rest[200] = "", heard[400];
        struct span says = dialogues[i].says;
        assert_int_equal(proxy_parse(&a, dialogues[i].proxy, &p, &e), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        assert_int_equal(write(ends[1], says.at, says.len), says.len);
        shutdown(ends[1], SHUT_WR);
        int done = proxy_connect(ends[0], &p, &t, deadline_in(2000), &e);
        if (done != (dialogues[i].kind ? -1 : 0) || e.kind != dialogues[i].kind)
            fail_msg("dialogue %zu: %s", i, e.text ? e.text : "");
        if (done < 0)
            assert_non_null(strstr(e.text, dialogues[i].text));
        else
            assert_true(read(ends[0], rest, sizeof rest - 1) > 0);
        assert_string_equal(rest, done < 0 ? "" : "220 hello");
        close(ends[0]);
        ssize_t n = read(ends[1], heard, sizeof heard);
        if (n >= 0)
            assert_true(span_eq((struct span){ heard, (size_t)n }, dialogues[i].heard));
        close(ends[1]);
    }
}

static void a_silent_proxy(void **state)
{
    static const char *const proxies[] = { "socks5://p", "http://p:1" };
    static const char *const words[] = { "\5", "HTTP/1.1 200" };
    const struct target t = { .host = "h", .port = 25 };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct proxy p;
        int ends[2];
        assert_int_equal(proxy_parse(&a, proxies[i], &p, &e), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        assert_int_equal(write(ends[1], words[i], strlen(words[i])), strlen(words[i]));
        int64_t start = clock_ms();
        assert_int_equal(proxy_connect(ends[0], &p, &t, deadline_in(100), &e), -1);
        assert_int_equal(e.kind, ERR_TIMEOUT);
        assert_in_range(clock_ms() - start, 90, 1500);
        close(ends[0]);
        close(ends[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_notation),
        cmocka_unit_test(a_dialogue_leaves_the_servers_words),
        cmocka_unit_test(a_silent_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
