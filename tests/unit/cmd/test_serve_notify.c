#include "cmd/serve_notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A supervisor that listens at `address`. */
static int listen_at(const struct sockaddr_un *address, size_t name_len)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, len), 0);
    return fd;
}

static void expect_told(int fd, const char *wanted)
{
    char got[64] = "";
    ssize_t n = recv(fd, got, sizeof got - 1, 0);
    assert_int_equal(n, (ssize_t)strlen(wanted));
    assert_string_equal(got, wanted);
}

static void test_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/postbag-notify-XXXXXX";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_non_null(mkdtemp(folder));
    int n = snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", folder);
    int fd = listen_at(&address, (size_t)n);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    serve_notify("READY=1");
    serve_notify("STATUS=\nSTOPPING=1");
    expect_told(fd, "READY=1");
    expect_told(fd, "STATUS=\nSTOPPING=1");
    close(fd);
    assert_int_equal(unlink(address.sun_path), 0);
    serve_notify("READY=1"); /* nobody is there */
    assert_int_equal(rmdir(folder), 0);
}

static void test_abstract(void **state)
{
    (void)state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char name[64];
    int n = snprintf(name, sizeof name, "@postbag-notify-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
    int fd = listen_at(&address, (size_t)n);
    setenv("NOTIFY_SOCKET", name, 1);
    serve_notify("READY=1");
    expect_told(fd, "READY=1");
    close(fd);
}

static void test_nobody(void **state)
{
    (void)state;
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = { "",     "@", "/", "relative", "vsock:2:1234", "/nowhere/socket",
                                  longest };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        serve_notify("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    serve_notify("READY=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_abstract),
        cmocka_unit_test(test_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
