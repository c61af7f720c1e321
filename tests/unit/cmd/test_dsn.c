#include "cmd/dsn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_notify(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int set; /* -1: refused */
    } rows[] = {
        { "never", DSN_NOTIFY_NEVER },
        { "failure,delay", DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY },
        { "Success, FAILURE", DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE },
        { "never,delay", -1 },
        { "", -1 },
        { "failure,", -1 },
        { "always", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        unsigned set = 99;
        int done = dsn_parse_notify(rows[i].text, &set, &e);
        assert_int_equal(done, rows[i].set < 0 ? -1 : 0);
        assert_int_equal(set, rows[i].set < 0 ? 99 : rows[i].set);
        assert_int_equal(e.kind, rows[i].set < 0 ? ERR_USAGE : ERR_NONE);
    }
}

static void test_return(void **state)
{
    (void)state;
    ERR e = { 0 };
    enum dsn_return ret = DSN_RETURN_UNSET;
    assert_int_equal(dsn_parse_return("hdrs", &ret, &e), 0);
    assert_int_equal(ret, DSN_RETURN_HDRS);
    assert_int_equal(dsn_parse_return("FULL", &ret, &e), 0);
    assert_int_equal(ret, DSN_RETURN_FULL);
    assert_int_equal(dsn_parse_return("body", &ret, &e), -1);
    assert_int_equal(e.kind, ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notify),
        cmocka_unit_test(test_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
