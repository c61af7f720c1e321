/* The parent: a process of its own, told by signals. */
#include "cmd/cmd.h"
#include "serve_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

struct service {
    struct serve_place place;
    pid_t pid;
};

static void begin(struct service *s, const char *lines)
{
    serve_place_open(&s->place, lines);
    s->pid = fork();
    if (s->pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        _exit(cmd_serve(&s->place.options));
    }
}

/* A connection; -1 as long as nobody listens. */
static int try_connect(const struct service *s)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, s->place.socket, strlen(s->place.socket));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const void *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_to(const struct service *s)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    int fd;
    while ((fd = try_connect(s)) < 0)
        nanosleep(&pause, NULL);
    return fd;
}

/* What a client hears first, after `words`. */
static void greet(const struct service *s, const char *words, struct buf *ret)
{
    int fd = connect_to(s);
    ssize_t n;
    if (*words) /* else it may have closed by now */
        assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL), strlen(words));
    shutdown(fd, SHUT_WR);
    while ((n = read(fd, buf_room(ret, 512), 512)) > 0)
        buf_grew(ret, (size_t)n);
    close(fd);
}

static int end(struct service *s, int number)
{
    int status;
    kill(s->pid, number);
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    int ret = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
    assert_int_equal(access(s->place.socket, F_OK), 0);
    serve_place_close(&s->place);
    return ret;
}

static void test_life(void **state)
{
    static const int signals[] = { SIGTERM, SIGINT };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct service s;
        BUF heard = { 0 };
        begin(&s, "");
        greet(&s, "QUIT\r\n", &heard);
        assert_non_null(strstr(buf_string(&heard), "LMTP\r\n221 2.0.0 Bye\r\n"));
        assert_int_equal(end(&s, signals[i]), 0);
    }
}

/* One too many is told so, and the next one who finds a place is not. */
static void test_places(void **state)
{
    struct service s;
    char room[64];
    (void)state;
    begin(&s, "user_connections = 1");
    int first = connect_to(&s);
    assert_true(read(first, room, sizeof room) > 0);
    assert_int_equal(strncmp(room, "220 ", 4), 0);
    BUF heard = { 0 };
    greet(&s, "", &heard);
    assert_string_equal(buf_string(&heard), "421 4.7.0 Too many connections\r\n");
    close(first);
    do {
        buf_clear(&heard);
        greet(&s, "", &heard);
    } while (strncmp(buf_string(&heard), "421", 3) == 0);
    assert_int_equal(strncmp(buf_string(&heard), "220", 3), 0);
    assert_int_equal(end(&s, SIGTERM), 0);
}

static bool is_taken(const struct service *s)
{
    BUF heard = { 0 };
    greet(s, "LHLO c\r\nMAIL FROM:<a@example.org>\r\n", &heard);
    return !strstr(buf_string(&heard), "550 5.7.1");
}

/* A new configuration is obeyed; one with a mistake is not, and the old one stays. */
static void test_reload(void **state)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    struct service s;
    (void)state;
    begin(&s, "");
    assert_true(is_taken(&s));
    serve_place_configure(&s.place, "users = uid-9");
    kill(s.pid, SIGHUP);
    while (is_taken(&s))
        nanosleep(&pause, NULL);
    serve_place_configure(&s.place, "users = a:b");
    kill(s.pid, SIGHUP);
    for (int i = 0; i < 10; i++)
        assert_false(is_taken(&s));
    assert_int_equal(end(&s, SIGTERM), 0);
}

static void test_operand(void **state)
{
    struct serve_place p;
    (void)state;
    serve_place_open(&p, "");
    strlist_add(&p.scratch.arena, &p.options.operands, "now");
    assert_int_equal(cmd_serve(&p.options), 64);
    assert_int_equal(access(p.socket, F_OK), -1);
    serve_place_close(&p);
}

static void test_mistake(void **state)
{
    struct serve_place p;
    (void)state;
    serve_place_open(&p, "");
    serve_place_configure(&p, "users = a:b");
    assert_int_equal(cmd_serve(&p.options), 78);
    serve_place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),    cmocka_unit_test(test_places),
        cmocka_unit_test(test_reload),  cmocka_unit_test(test_operand),
        cmocka_unit_test(test_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
