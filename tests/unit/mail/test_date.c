#include "mail/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *zone;
    time_t when;
    const char *text;
} rows[] = {
    { "UTC0", 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
    { "CET-1", 1795680300, "Thu, 26 Nov 2026 09:05:00 +0100" },
    { "NST3:30", 1795680300, "Thu, 26 Nov 2026 04:35:00 -0330" },
    { "IST-5:30", 1798741800, "Fri, 1 Jan 2027 00:00:00 +0530" },
    { "UTC0", 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
};

static void test_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF text = { 0 };
        setenv("TZ", rows[i].zone, 1);
        tzset();
        date_add(&text, rows[i].when);
        assert_string_equal(buf_string(&text), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
