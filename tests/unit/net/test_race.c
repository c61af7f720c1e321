#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/race.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

/* Several servers at 127.0.0.N, all on one port: how each of them behaves. */
enum conduct { ANSWERS, REFUSES, IS_SILENT };

enum { MOST = 3, QUEUE = 3 };

struct field {
    struct sockaddr_storage addresses[MOST];
    struct resolved resolved;
    int servers[MOST];
    int queued[MOST][QUEUE];
};

static void bind_server(struct field *f, int i, in_port_t *port)
{
    struct sockaddr_in *at = (struct sockaddr_in *)&f->addresses[i];
    socklen_t len = sizeof *at;
    *at = (struct sockaddr_in){ .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK + (in_addr_t)i),
                                .sin_port = *port };
    f->servers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->servers[i], (struct sockaddr *)at, len), 0);
    assert_int_equal(getsockname(f->servers[i], (struct sockaddr *)at, &len), 0);
    *port = at->sin_port;
}

static void silence(struct field *f, int i)
{
    assert_int_equal(listen(f->servers[i], 0), 0);
    for (int k = 0; k < QUEUE; k++) {
        f->queued[i][k] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(f->queued[i][k], (struct sockaddr *)&f->addresses[i],
                    sizeof(struct sockaddr_in)) == 0)
            continue;
    }
}

static void field_init(struct field *f, const enum conduct *conduct, int n)
{
    in_port_t port = 0;
    memset(f, 0, sizeof *f);
    f->resolved = (struct resolved){ f->addresses, (size_t)n };
    for (int i = 0; i < n; i++) {
        bind_server(f, i, &port);
        if (conduct[i] == ANSWERS)
            assert_int_equal(listen(f->servers[i], 4), 0);
        if (conduct[i] == IS_SILENT)
            silence(f, i);
    }
}

static void field_done(struct field *f)
{
    for (size_t i = 0; i < f->resolved.n; i++) {
        close(f->servers[i]);
        for (int k = 0; k < QUEUE; k++)
            if (f->queued[i][k])
                close(f->queued[i][k]);
    }
}

static int winner(const struct field *f, int fd)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof peer;
    assert_int_equal(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
    for (size_t i = 0; i < f->resolved.n; i++) {
        const struct sockaddr_in *at = (const struct sockaddr_in *)&f->addresses[i];
        if (at->sin_addr.s_addr == peer.sin_addr.s_addr)
            return (int)i;
    }
    return -1;
}

static void test_race(void **state)
{
    static const struct {
        enum conduct conduct[MOST];
        int winner; /* -1: none */
        enum err_kind kind;
        int at_least_ms;
        int at_most_ms;
    } rows[] = {
        { { ANSWERS, ANSWERS, ANSWERS }, 0, ERR_NONE, 0, 2000 },
        { { REFUSES, ANSWERS, ANSWERS }, 1, ERR_NONE, 0, 2000 },
        { { REFUSES, REFUSES, ANSWERS }, 2, ERR_NONE, 0, 2000 },
        { { IS_SILENT, ANSWERS, ANSWERS }, 1, ERR_NONE, 240, 2900 },
        { { IS_SILENT, REFUSES, ANSWERS }, 2, ERR_NONE, 240, 2900 },
        { { REFUSES, REFUSES, REFUSES }, -1, ERR_CONNECT, 0, 2000 },
        { { REFUSES, IS_SILENT, REFUSES }, -1, ERR_TIMEOUT, 600, 2500 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF tried = { 0 };
        struct field f;
        field_init(&f, rows[i].conduct, MOST);
        int64_t start = clock_ms();
        int fd = race_connect(&f.resolved, NULL, "mail.example",
                              deadline_in(rows[i].winner < 0 ? 600 : 3000), &tried, &e);
        int64_t spent = clock_ms() - start;
        assert_int_equal(fd < 0 ? -1 : winner(&f, fd), rows[i].winner);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(tried.len > 0, rows[i].winner > 0);
        assert_in_range(spent, rows[i].at_least_ms, rows[i].at_most_ms);
        if (fd >= 0)
            close(fd);
        field_done(&f);
    }
}

static void test_words(void **state)
{
    static const enum conduct conduct[] = { REFUSES, IS_SILENT };
    ERR e = { 0 };
    struct field f;
    (void)state;
    field_init(&f, conduct, 2);
    assert_int_equal(race_connect(&f.resolved, NULL, "mail.example", deadline_in(300), NULL, &e),
                     -1);
    assert_non_null(strstr(e.text, "mail.example port "));
    assert_non_null(strstr(e.text, "127.0.0.1: Connection refused, 127.0.0.2: no answer in time"));
    field_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
