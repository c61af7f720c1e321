#include "cmd/serve_listen.h"

#include "../base/forked.h"
#include "../queue/scratch.h"
#include "base/io.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>

struct place {
    struct scratch scratch;
    char path[64], beside[64 + 4];
    struct serve_opts opts;
    struct listeners listeners;
};

static void set_up(struct place *p)
{
    *p = (struct place){ 0 };
    scratch_open(&p->scratch);
    (void)snprintf(p->path, sizeof p->path, "%s/run/submit", p->scratch.above);
    (void)snprintf(p->beside, sizeof p->beside, "%s.new", p->path);
    p->opts.socket = p->path;
}

static void tear_down(struct place *p)
{
    listeners_close(&p->listeners);
    scratch_remove(&p->scratch);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const void *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* For everybody; when it is closed its name stays. */
static void test_socket(void **state)
{
    struct place p;
    ERR e = { 0 };
    struct stat facts;
    (void)state;
    set_up(&p);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    assert_int_equal(p.listeners.n, 1);
    assert_true(p.listeners.items[0].lmtp);
    assert_true(fcntl(p.listeners.items[0].fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(p.listeners.items[0].fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(stat(p.path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0666);
    int fd = connect_to(p.path);
    assert_true(fd >= 0);
    close(fd);
    listeners_close(&p.listeners);
    assert_int_equal(access(p.path, F_OK), 0);
    assert_int_equal(connect_to(p.path), -1);
    assert_int_equal(errno, ECONNREFUSED);
    tear_down(&p);
}

/* A dead service's socket is replaced, a living one's is not; nothing else is removed. */
static void test_room(void **state)
{
    struct place p;
    struct listeners second;
    ERR e = { 0 };
    (void)state;
    set_up(&p);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    assert_int_equal(serve_listen(&p.opts, &second, &e), -1);
    assert_int_equal(e.kind, ERR_CREATE);
    assert_non_null(strstr(e.text, "another service listens there"));
    listeners_close(&p.listeners);
    assert_int_equal(rename(p.path, p.beside), 0); /* of one that died before it was in its place */
    assert_int_equal(serve_listen(&p.opts, &second, &e), 0);
    assert_int_equal(access(p.beside, F_OK), -1);
    listeners_close(&second);
    assert_int_equal(unlink(p.path), 0);
    const char *const places[] = { p.beside, p.path };
    for (size_t i = 0; i < 2; i++) {
        int fd = open(places[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(serve_listen(&p.opts, &second, &e), -1);
        assert_non_null(strstr(e.text, "no socket"));
        assert_int_equal(access(places[i], F_OK), 0);
    }
    tear_down(&p);
}

/* Somebody is there who does not talk with us. */
static void test_stranger(void **state)
{
    struct place p;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    ERR e = { 0 };
    (void)state;
    set_up(&p);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    listeners_close(&p.listeners);
    assert_int_equal(unlink(p.path), 0);
    memcpy(address.sun_path, p.path, strlen(p.path));
    CLEANUP(io_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const void *)&address, sizeof address), 0);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), -1);
    assert_int_equal(e.kind, ERR_CREATE);
    assert_int_equal(access(p.path, F_OK), 0);
    tear_down(&p);
}

/* Begins when the other end of `go` is closed, and ends when that of `leave` is. */
static int start_one(struct place *p, int go, int result, int leave)
{
    ERR e = { 0 };
    char octet;
    if (read(go, &octet, 1) != 0)
        return 2;
    octet = serve_listen(&p->opts, &p->listeners, &e) == 0 ? '+' : '-';
    if (write(result, &octet, 1) != 1 || read(leave, &octet, 1) != 0)
        return 2;
    listeners_close(&p->listeners);
    return 0;
}

enum { STARTED = 4, ROUNDS = 50 };

static void start_all(struct place *p)
{
    int go[2], result[2], leave[2], status, n = 0;
    char told[STARTED];
    assert_int_equal(pipe(go) + pipe(result) + pipe(leave), 0);
    for (int i = 0; i < STARTED; i++) {
        if (fork() == 0) {
            close(go[1]);
            close(leave[1]);
            _exit(start_one(p, go[0], result[1], leave[0]));
        }
    }
    close(go[1]);
    for (int i = 0; i < STARTED; i++) {
        assert_int_equal(read(result[0], &told[i], 1), 1);
        n += told[i] == '+';
    }
    assert_int_equal(n, 1);
    int fd = connect_to(p->path);
    assert_true(fd >= 0);
    close(leave[1]);
    for (int i = 0; i < STARTED; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    const int rest[] = { fd, go[0], result[0], result[1], leave[0] };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        close(rest[i]);
}

/* Several at once: one has the name, and it is there. */
static void test_at_once(void **state)
{
    struct place p;
    (void)state;
    set_up(&p);
    for (int round = 0; round < ROUNDS; round++)
        start_all(&p);
    tear_down(&p);
}

enum { OTHER = 65534 };

static int listen_as_other(void *context)
{
    struct place *p = context;
    ERR e = { 0 };
    if (setresuid(OTHER, OTHER, OTHER) < 0)
        return 2;
    return serve_listen(&p->opts, &p->listeners, &e) < 0;
}

/* What a service of another user's has left is not in the way of whoever owns the folder. */
static void test_left_by_another(void **state)
{
    struct place p;
    ERR e = { 0 };
    char folder[64];
    (void)state;
    if (geteuid())
        skip();
    set_up(&p);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    listeners_close(&p.listeners);
    assert_int_equal(chmod(p.scratch.above, 0755), 0);
    memcpy(folder, p.path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(chown(folder, OTHER, OTHER), 0);
    assert_int_equal(forked(listen_as_other, &p), 0);
    tear_down(&p);
}

static void test_no_folder(void **state)
{
    struct place p;
    ERR e = { 0 };
    (void)state;
    set_up(&p);
    (void)snprintf(p.path, sizeof p.path, "%s/a/b/submit", p.scratch.above);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), -1);
    assert_int_equal(e.kind, ERR_CREATE);
    assert_true(span_starts(span_of(e.hint), "before each start: install -d -o "));
    assert_non_null(strstr(e.hint, "/a/b"));
    tear_down(&p);
}

static void test_long_path(void **state)
{
    struct place p;
    ERR e = { 0 };
    struct sockaddr_un address;
    char path[256] = "";
    (void)state;
    set_up(&p);
    const size_t longest = sizeof address.sun_path - sizeof ".new";
    memset(path, 'x', longest + 1);
    memcpy(path, p.path, strlen(p.path));
    p.opts.socket = path;
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    path[longest] = '\0';
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    int fd = connect_to(path);
    assert_true(fd >= 0);
    close(fd);
    tear_down(&p);
}

/* One that nobody uses. */
static int free_port(void)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (void *)&in, sizeof in), 0);
    assert_int_equal(getsockname(fd, (void *)&in, &len), 0);
    close(fd);
    return ntohs(in.sin_port);
}

static void test_loopback(void **state)
{
    static const struct {
        const char *where;
        enum err_kind kind;
    } rows[] = {
        { "127.0.0.1", ERR_NONE },          { "localhost", ERR_NONE },
        { "0.0.0.0", ERR_CONFIG },          { "192.0.2.1", ERR_CONFIG },
        { "example.org", ERR_CONFIG },      { "[::]", ERR_CONFIG },
        { "[::ffff:127.0.0.1]", ERR_NONE }, { "[::ffff:192.0.2.1]", ERR_CONFIG },
        { "127.3.2.1", ERR_NONE },          { "LocalHost", ERR_NONE },
        { "[::ffff:0.0.0.0]", ERR_CONFIG },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        ERR e = { 0 };
        set_up(&p);
        struct arena *a = &p.scratch.arena;
        const char *where = arena_printf(a, "%s:%d", rows[i].where, free_port());
        strlist_add(a, &p.opts.listen, where);
        int done = serve_listen(&p.opts, &p.listeners, &e);
        if (e.kind != rows[i].kind || done != (rows[i].kind ? -1 : 0))
            fail_msg("%s: %s", rows[i].where, e.text ? e.text : "taken");
        if (done == 0)
            assert_false(p.listeners.items[0].lmtp);
        else
            assert_int_equal(access(p.path, F_OK), -1);
        tear_down(&p);
    }
}

/* ---- what is handed over ---- */

enum what { UNIX_SOCKET, LOOPBACK, MAPPED, ANY, NO_LISTENER, NO_SOCKET };

static int make(enum what what)
{
    struct sockaddr_un path = { .sun_family = AF_UNIX };
    struct sockaddr_in in = { .sin_family = AF_INET };
    in.sin_addr.s_addr = htonl(what == ANY ? INADDR_ANY : INADDR_LOOPBACK);
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (what == NO_SOCKET)
        return open("/dev/null", O_RDONLY);
    if (what == MAPPED) {
        int fd = socket(AF_INET6, SOCK_STREAM, 0), off = 0;
        if (fd < 0) /* a machine without IPv6 */
            return make(LOOPBACK);
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        (void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6.sin6_addr);
        return bind(fd, (void *)&in6, sizeof in6) < 0 || listen(fd, 1) < 0 ? -1 : fd;
    }
    int fd = socket(what == UNIX_SOCKET ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    int bound = what == UNIX_SOCKET ? bind(fd, (void *)&path, sizeof(sa_family_t))
                                    : bind(fd, (void *)&in, sizeof in);
    return bound < 0 || (what != NO_LISTENER && listen(fd, 1) < 0) ? -1 : fd;
}

/* 0: taken; 1: refused. */
static int inherit(void *context)
{
    const enum what *what = context;
    const struct serve_opts opts = { .socket = "/nonexistent/submit" };
    struct listeners listeners;
    struct err e = { 0 };
    char pid[16];
    int fd = make(*what);
    if (fd < 0 || dup2(fd, 3) < 0)
        return 2;
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    if (serve_listen(&opts, &listeners, &e) < 0)
        return e.kind == ERR_CONFIG ? 1 : 3;
    if (listeners.n != 1 || listeners.items[0].fd != 3 || getenv("LISTEN_FDS"))
        return 4;
    return listeners.items[0].lmtp == (*what == UNIX_SOCKET) ? 0 : 5;
}

static void test_inherited(void **state)
{
    static const int wanted[] = {
        [UNIX_SOCKET] = 0, [LOOPBACK] = 0,    [MAPPED] = 0,
        [ANY] = 1,         [NO_LISTENER] = 1, [NO_SOCKET] = 1,
    };
    (void)state;
    for (enum what what = UNIX_SOCKET; what <= NO_SOCKET; what++)
        assert_int_equal(forked(inherit, &what), wanted[what]);
}

/* Of another process: not ours. */
static void test_not_for_us(void **state)
{
    struct place p;
    ERR e = { 0 };
    (void)state;
    set_up(&p);
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    assert_int_equal(serve_listen(&p.opts, &p.listeners, &e), 0);
    assert_int_equal(access(p.path, F_OK), 0);
    tear_down(&p);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_socket),          cmocka_unit_test(test_room),
        cmocka_unit_test(test_stranger),        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_long_path),       cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_left_by_another), cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_inherited),       cmocka_unit_test(test_not_for_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
