#include "base/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_strings(void **state)
{
    static const struct {
        struct span text;
        const char *want;
    } rows[] = {
        { { NULL, 0 }, "\"\"" },
        { SPAN("plain / text"), "\"plain / text\"" },
        { SPAN("say \"no\" \\ yes"), "\"say \\\"no\\\" \\\\ yes\"" },
        { SPAN("a\nb\rc\td"), "\"a\\nb\\rc\\td\"" },
        { SPAN("\0\x01\x1B\x7F"), "\"\\u0000\\u0001\\u001b\\u007f\"" },
        { SPAN("\xC2\x9B"), "\"\\u009b\"" },
        { SPAN("gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xAC"), "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x93\xAC\"" },
        { SPAN("\xFC!"), "\"\xEF\xBF\xBD!\"" },
        { SPAN("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        struct json j = { .out = &out };
        json_string(&j, NULL, rows[i].text);
        assert_string_equal(buf_string(&out), rows[i].want);
    }
}

static void test_numbers(void **state)
{
    static const struct {
        int64_t value;
        const char *want;
    } rows[] = {
        { 0, "0" },
        { -1, "-1" },
        { INT64_MAX, "9223372036854775807" },
        { INT64_MIN, "-9223372036854775808" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        struct json j = { .out = &out };
        json_number(&j, NULL, rows[i].value);
        assert_string_equal(buf_string(&out), rows[i].want);
    }
}

static void test_commas(void **state)
{
    BUF out = { 0 };
    struct json j = { .out = &out };
    (void)state;
    json_open(&j, NULL, '{');
    json_string(&j, "result", SPAN("sent"));
    json_open(&j, "none", '[');
    json_close(&j, ']');
    json_open(&j, "recipients", '[');
    for (int i = 0; i < 2; i++) {
        json_open(&j, NULL, '{');
        json_string(&j, "result", i ? SPAN("failed") : SPAN("sent"));
        json_number(&j, "code", 250 + i);
        json_bool(&j, "first", i == 0);
        json_close(&j, '}');
    }
    json_string(&j, NULL, SPAN("x"));
    json_close(&j, ']');
    json_string(&j, "a key", SPAN(""));
    json_close(&j, '}');
    assert_string_equal(
        buf_string(&out),
        "{\"result\":\"sent\",\"none\":[],\"recipients\":[{\"result\":\"sent\",\"code\":250,"
        "\"first\":true},"
        "{\"result\":\"failed\",\"code\":251,\"first\":false},\"x\"],\"a key\":\"\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_commas),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
