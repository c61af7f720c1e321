#include "cmd/serve_peer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_unix(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    struct serve_peer peer = serve_peer_of(fds[0]);
    assert_true(peer.known);
    assert_int_equal(peer.uid, getuid());
    assert_int_equal(peer.gid, getgid());
    assert_int_equal(peer.pid, getpid());
    close(fds[0]);
    close(fds[1]);
}

static socklen_t fill(int family, const char *address, int port, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (void *)ret;
    struct sockaddr_in6 *v6 = (void *)ret;
    *ret = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
    if (family == AF_INET) {
        assert_int_equal(inet_pton(family, address, &v4->sin_addr), 1);
        v4->sin_port = htons((uint16_t)port);
        return sizeof *v4;
    }
    assert_int_equal(inet_pton(family, address, &v6->sin6_addr), 1);
    v6->sin6_port = htons((uint16_t)port);
    return sizeof *v6;
}

static int make_socket(int family)
{
    int off = 0;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    return fd;
}

/* Where somebody listens; 0 on a machine without IPv6. */
static int listen_at(int fd, int family, const char *address)
{
    struct sockaddr_storage at;
    socklen_t len = fill(family, address, 0, &at);
    if (fd < 0 || bind(fd, (void *)&at, len) < 0)
        return 0;
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
    return ntohs(family == AF_INET ? ((struct sockaddr_in *)&at)->sin_port
                                   : ((struct sockaddr_in6 *)&at)->sin6_port);
}

/* IPv4 by sockets of IPv6, too: then the two ends stand in different tables. */
static void test_tcp(void **state)
{
    static const struct {
        int here, there;
        const char *server, *client;
    } rows[] = {
        { AF_INET, AF_INET, "127.0.0.1", "127.0.0.1" },
        { AF_INET6, AF_INET6, "::1", "::1" },
        { AF_INET, AF_INET6, "127.0.0.1", "::ffff:127.0.0.1" },
        { AF_INET6, AF_INET, "::ffff:127.0.0.1", "127.0.0.1" },
        { AF_INET6, AF_INET6, "::ffff:127.0.0.1", "::ffff:127.0.0.1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockaddr_storage at;
        int listener = make_socket(rows[i].here), client = make_socket(rows[i].there);
        int port = listen_at(listener, rows[i].here, rows[i].server);
        if (port && client >= 0) {
            socklen_t len = fill(rows[i].there, rows[i].client, port, &at);
            assert_int_equal(connect(client, (void *)&at, len), 0);
            int server = accept(listener, NULL, NULL);
            struct serve_peer peer = serve_peer_of(server);
            if (!peer.known || peer.uid != getuid() || peer.pid)
                fail_msg("%s from %s", rows[i].server, rows[i].client);
            close(server);
        }
        close(client);
        close(listener);
    }
}

/* The kernel has forgotten whose it was, and writes 0. */
static void test_closed(void **state)
{
    (void)state;
    struct sockaddr_storage at;
    int listener = make_socket(AF_INET), client = make_socket(AF_INET);
    int port = listen_at(listener, AF_INET, "127.0.0.1");
    socklen_t len = fill(AF_INET, "127.0.0.1", port, &at);
    assert_int_equal(connect(client, (void *)&at, len), 0);
    close(client);
    int server = accept(listener, NULL, NULL);
    struct serve_peer peer = serve_peer_of(server);
    assert_false(peer.known);
    assert_int_equal(peer.uid, 65534);
    close(server);
    close(listener);
}

static void test_nobody(void **state)
{
    int fds[2];
    (void)state;
    assert_int_equal(pipe(fds), 0);
    struct serve_peer peer = serve_peer_of(fds[0]);
    assert_false(peer.known);
    assert_int_equal(peer.uid, 65534);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
