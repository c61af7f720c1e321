#include "mail/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void test_notify(void **state)
{
    static const struct {
        const char *text;
        int set; /* -1: refused */
        const char *printed;
    } rows[] = {
        { "NEVER", DSN_NOTIFY_NEVER, "NEVER" },
        { "success", DSN_NOTIFY_SUCCESS, "SUCCESS" },
        { "DELAY,Failure", DSN_NOTIFY_DELAY | DSN_NOTIFY_FAILURE, "FAILURE,DELAY" },
        { " delay , delay ", DSN_NOTIFY_DELAY, "DELAY" },
        { "SUCCESS,FAILURE,DELAY", DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY,
          "SUCCESS,FAILURE,DELAY" },
        { "never,delay", -1, NULL },
        { "delay,never", -1, NULL },
        { "", -1, NULL },
        { NULL, -1, NULL },
        { ",", -1, NULL },
        { "failure,", -1, NULL },
        { "failure delay", -1, NULL },
        { "always", -1, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF printed = { 0 };
        unsigned set = 99;
        if ((notify_parse(span_of(rows[i].text), &set) < 0) != (rows[i].set < 0))
            fail_msg("row %zu", i);
        assert_int_equal(set, rows[i].set < 0 ? 99 : rows[i].set);
        if (rows[i].set < 0)
            continue;
        notify_print(set, &printed);
        assert_string_equal(buf_string(&printed), rows[i].printed);
    }
}

static void test_nothing(void **state)
{
    BUF printed = { 0 };
    (void)state;
    notify_print(0, &printed);
    assert_int_equal(printed.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notify),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
