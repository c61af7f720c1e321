#include "config/config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_spool(void **state)
{
    static const struct {
        const char *dir, *home, *want;
    } rows[] = {
        { NULL, "/home/bob", "/home/bob/.local/state/postbag/queue" },
        { "/var/spool/postbag", "/home/bob", "/var/spool/postbag" },
        { "/var/spool/postbag", NULL, "/var/spool/postbag" },
        { NULL, NULL, NULL },
    };
    (void)state;
    unsetenv("XDG_STATE_HOME");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR why = { 0 };
        const struct config c = { .queue.dir = rows[i].dir };
        const struct ident ident = { .login = "bob", .home = rows[i].home };
        const char *got = config_spool(&c, &ident, &a, &why);
        if (rows[i].want) {
            assert_string_equal(got, rows[i].want);
            continue;
        }
        assert_null(got);
        assert_int_equal(why.kind, ERR_TEMPORARY);
        assert_string_equal(why.text, "user bob has no home directory to keep messages in; write "
                                      "dir = PATH below [queue]");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
