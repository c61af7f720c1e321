#include "config/units.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int64_t duration, size; /* -1: refused */
    } rows[] = {
        { "0", 0, 0 },
        { "45", 45000, 45 },
        { "30s", 30000, -1 },
        { "5m", 300000, 5242880 },
        { "5M", 300000, 5242880 },
        { "2h", 7200000, -1 },
        { "1d", 86400000, -1 },
        { "1k", -1, 1024 },
        { "1K", -1, 1024 },
        { "3G", -1, 3221225472 },
        { "", -1, -1 },
        { "m", -1, -1 },
        { "-1s", -1, -1 },
        { "1.5h", -1, -1 },
        { "1h30m", -1, -1 },
        { "5 m", -1, -1 },
        { "10ms", -1, -1 },
        { "25MB", -1, -1 },
        { "9223372036854775807", -1, INT64_MAX },
        { "9223372036854775808", -1, -1 },
        { "9007199254740992k", -1, -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t duration = -1, size = -1;
        int done = units_duration(span_of(rows[i].text), &duration);
        if (duration != rows[i].duration || (done < 0) != (duration < 0))
            fail_msg("duration, row %zu", i);
        done = units_size(span_of(rows[i].text), &size);
        if (size != rows[i].size || (done < 0) != (size < 0))
            fail_msg("size, row %zu", i);
    }
}

static void test_show(void **state)
{
    static const struct {
        int64_t value;
        const char *duration, *size;
    } rows[] = {
        { 0, "0", "0" },
        { 1000, "1s", "1000" },
        { 90000, "90s", "90000" },
        { 120000, "2m", "120000" },
        { 3600000, "1h", "3600000" },
        { 172800000, "2d", "168750k" },
        { 1024000, "1024s", "1000k" },
        { 3221225472000, "3221225472s", "3000G" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF duration = { 0 };
        BUF size = { 0 };
        units_add_duration(&duration, rows[i].value);
        units_add_size(&size, rows[i].value);
        assert_string_equal(buf_string(&duration), rows[i].duration);
        assert_string_equal(buf_string(&size), rows[i].size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
