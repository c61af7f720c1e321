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

static socklen_t loopback(int family, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (void *)ret;
    struct sockaddr_in6 *v6 = (void *)ret;
    *ret = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (family == AF_INET6) {
        v4->sin_addr.s_addr = 0;
        v6->sin6_addr = in6addr_loopback;
    }
    return family == AF_INET ? sizeof *v4 : sizeof *v6;
}

static void test_tcp(void **state)
{
    static const int families[] = { AF_INET, AF_INET6 };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_storage at;
        socklen_t len = loopback(families[i], &at);
        int listener = socket(families[i], SOCK_STREAM, 0);
        if (listener < 0 || bind(listener, (void *)&at, len) < 0)
            continue; /* a machine without IPv6 */
        assert_int_equal(listen(listener, 1), 0);
        assert_int_equal(getsockname(listener, (void *)&at, &len), 0);
        int client = socket(families[i], SOCK_STREAM, 0);
        assert_int_equal(connect(client, (void *)&at, len), 0);
        int server = accept(listener, NULL, NULL);
        struct serve_peer peer = serve_peer_of(server);
        assert_true(peer.known);
        assert_int_equal(peer.uid, getuid());
        assert_int_equal(peer.pid, 0);
        close(client);
        close(server);
        close(listener);
    }
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
        cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
