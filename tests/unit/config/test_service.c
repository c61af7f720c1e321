#include "config/service.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void test_socket(void **state)
{
    (void)state;
    unsetenv("POSTBAG_SOCKET");
    assert_string_equal(service_socket(), SERVE_SOCKET);
    setenv("POSTBAG_SOCKET", "relative/path", 1);
    assert_string_equal(service_socket(), SERVE_SOCKET);
    setenv("POSTBAG_SOCKET", "/a/path", 1);
    assert_string_equal(service_socket(), "/a/path");
}

static int make_socket(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    memcpy(at.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (void *)&at, sizeof at), 0);
    return fd;
}

/* Only for who has no account at all, and asked for no file. */
static void test_choice(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    const struct account *got = NULL;
    (void)state;
    fixture_init(&f);
    const char *path = arena_printf(&f.arena, "%s/socket", f.root);
    int fd = make_socket(path);
    setenv("POSTBAG_SOCKET", path, 1);
    c = fixture_loaded(&f);
    got = fixture_chosen(&c, "service");
    assert_true(got->is_service);
    assert_true(got->mail.leave_local);
    assert_string_equal(got->net.host.items[0], path);
    assert_int_equal(account_check(&c.arena, got, &e), 0);
    got = NULL;
    assert_int_equal(config_choose(&c, "mine", NULL, NULL, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_null(got);
    c.may_use_service = false;
    assert_int_equal(config_choose(&c, NULL, NULL, NULL, &got, &e), -1);
    config_done(&c);
    fixture_write(f.user, "[account mine]\nhost = h\n", 0600);
    c = fixture_loaded(&f);
    fixture_chosen(&c, "mine");
    config_done(&c);
    close(fd);
    unlink(path);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_socket),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
