#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/dial.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

struct listener {
    int fd;
    int port;
};

static struct listener listen_on(const char *address, int backlog)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(address) };
    socklen_t len = sizeof at;
    struct listener l = { .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    assert_int_equal(bind(l.fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(l.fd, (struct sockaddr *)&at, &len), 0);
    l.port = ntohs(at.sin_port);
    if (backlog >= 0)
        assert_int_equal(listen(l.fd, backlog), 0);
    return l;
}

/* Connections that fill the queue of a listener with backlog 0, so that the next gets no answer. */
static void fill_queue(const struct listener *l, const char *address, int fds[3])
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr.s_addr = inet_addr(address),
                              .sin_port = htons((uint16_t)l->port) };
    for (int i = 0; i < 3; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(fds[i], (struct sockaddr *)&to, sizeof to) == 0)
            continue;
    }
}

static void close_all(const int *fds, int n)
{
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

static struct target target_at(const char *host, int port)
{
    return (struct target){ .host = host, .port = port, .is_literal = true, .tls = TLS_MODE_OFF };
}

static void test_connects(void **state)
{
    ERR e = { 0 };
    CLEANUP(dialled_done) struct dialled d = { 0 };
    struct listener l = listen_on("127.0.0.1", 1);
    struct target t = target_at("127.0.0.1", l.port);
    struct net_opts opts = { 0 };
    int nodelay = 0;
    socklen_t len = sizeof nodelay;
    (void)state;
    int fd = dial(&t, &opts, deadline_in(2000), &d, &e);
    assert_true(fd >= 0);
    assert_string_equal(buf_string(&d.address), "127.0.0.1");
    assert_true(d.times.lookup_ms >= 0 && d.times.connect_ms >= 0 && !d.tried.len);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
    assert_true(nodelay);
    close(fd);
    close(l.fd);
}

static void test_connects_by_name(void **state)
{
    ERR e = { 0 };
    struct listener l = listen_on("127.0.0.1", 1);
    struct target t = target_at("localhost", l.port);
    struct net_opts opts = { .ip = IP_4 };
    (void)state;
    int fd = dial(&t, &opts, deadline_in(5000), NULL, &e);
    assert_true(fd >= 0);
    close(fd);
    close(l.fd);
}

static void test_refused(void **state)
{
    ERR e = { 0 };
    struct listener l = listen_on("127.0.0.1", -1);
    struct target t = target_at("127.0.0.1", l.port);
    struct net_opts opts = { 0 };
    (void)state;
    assert_int_equal(dial(&t, &opts, deadline_in(2000), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_CONNECT);
    assert_non_null(strstr(e.text, "127.0.0.1: Connection refused"));
    close(l.fd);
}

static void test_no_answer(void **state)
{
    ERR e = { 0 };
    int fds[3];
    struct listener l = listen_on("127.0.0.1", 0);
    struct target t = target_at("127.0.0.1", l.port);
    struct net_opts opts = { 0 };
    (void)state;
    fill_queue(&l, "127.0.0.1", fds);
    int64_t start = clock_ms();
    assert_int_equal(dial(&t, &opts, deadline_in(200), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_non_null(strstr(e.text, "127.0.0.1: no answer in time"));
    assert_in_range(clock_ms() - start, 190, 1500);
    close_all(fds, 3);
    close(l.fd);
}

static void test_deadline_passed(void **state)
{
    ERR e = { 0 };
    struct listener l = listen_on("127.0.0.1", 1);
    struct target t = target_at("127.0.0.1", l.port);
    struct net_opts opts = { 0 };
    (void)state;
    assert_int_equal(dial(&t, &opts, (struct deadline){ 1 }, NULL, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    close(l.fd);
}

static void test_source(void **state)
{
    static const struct {
        const char *source;
        enum err_kind kind;
    } rows[] = {
        { "127.0.0.2", ERR_NONE },
        { "::1", ERR_CONFIG },
        { "localhost", ERR_CONFIG },
        { "192.0.2.77", ERR_CONNECT },
    };
    struct listener l = listen_on("127.0.0.1", 8);
    struct target t = target_at("127.0.0.1", l.port);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct net_opts opts = { .source_ip = rows[i].source };
        struct sockaddr_in local;
        socklen_t len = sizeof local;
        int fd = dial(&t, &opts, deadline_in(2000), NULL, &e);
        assert_int_equal(e.kind, rows[i].kind);
        assert_int_equal(fd >= 0, rows[i].kind == ERR_NONE);
        if (fd < 0)
            continue;
        assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &len), 0);
        assert_int_equal(local.sin_addr.s_addr, inet_addr(rows[i].source));
        close(fd);
    }
    close(l.fd);
}

static char *make_folder(void)
{
    static char folder[64];
    snprintf(folder, sizeof folder, "/tmp/postbag-dial-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void test_path(void **state)
{
    ERR e = { 0 };
    CLEANUP(dialled_done) struct dialled d = { 0 };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct net_opts opts = { 0 };
    char *folder = make_folder();
    (void)state;
    snprintf(at.sun_path, sizeof at.sun_path, "%s/s", folder);
    struct target t = { .host = at.sun_path, .is_path = true };
    assert_int_equal(dial(&t, &opts, deadline_in(500), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_CONNECT);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(server, 0), 0);
    int fd = dial(&t, &opts, deadline_in(500), &d, &e);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_string_equal(buf_string(&d.address), at.sun_path);
    assert_int_equal(dial(&t, &opts, deadline_in(100), NULL, &e), -1); /* the queue is full */
    assert_int_equal(e.kind, ERR_TIMEOUT);
    close(fd);
    close(server);
    assert_int_equal(dial(&t, &opts, deadline_in(500), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_CONNECT);
    assert_string_equal(e.hint, "nobody listens at this socket: start its server");
    unlink(at.sun_path);
    rmdir(folder);
}

static void test_path_too_long(void **state)
{
    ERR e = { 0 };
    char path[200];
    struct net_opts opts = { 0 };
    struct target t = { .host = path, .is_path = true };
    (void)state;
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';
    assert_int_equal(dial(&t, &opts, deadline_in(500), NULL, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connects),
        cmocka_unit_test(test_connects_by_name),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_deadline_passed),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_path_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
