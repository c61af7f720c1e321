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

static void test_rate(void **state)
{
    static const struct {
        const char *text;
        int64_t messages, period; /* -1: refused */
        const char *shown;
    } rows[] = {
        { "30/m", 30, 60, "30/m" },
        { "100 / hour", 100, 3600, "100/h" },
        { "500/D", 500, 86400, "500/d" },
        { "1/Minute", 1, 60, "1/m" },
        { " 2 /\tday ", 2, 86400, "2/d" },
        { "1000000/h", 1000000, 3600, "1000000/h" },
        { "0", 0, 0, "" },
        { "0/m", 0, 60, "" },
        { "1000001/h", -1, 0, NULL },
        { "30", -1, 0, NULL },
        { "30/", -1, 0, NULL },
        { "0/", -1, 0, NULL },
        { "/m", -1, 0, NULL },
        { "", -1, 0, NULL },
        { "30/s", -1, 0, NULL },
        { "30/m/h", -1, 0, NULL },
        { "-1/m", -1, 0, NULL },
        { "30/min", -1, 0, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF shown = { 0 };
        struct rate rate = { 0 };
        int done = units_rate(span_of(rows[i].text), &rate);
        if ((done < 0) != (rows[i].messages < 0))
            fail_msg("row %zu", i);
        if (done < 0)
            continue;
        units_add_rate(&shown, &rate);
        assert_int_equal(rate.messages, rows[i].messages);
        assert_int_equal(rate.period_s, rows[i].period);
        assert_string_equal(buf_string(&shown), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
