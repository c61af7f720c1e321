#include "mail/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_wire_form(void **state)
{
    (void)state;
    static const struct {
        const char *local;
        const char *wire;
    } rows[] = {
        { "joe", "joe" },
        { "a.b+c", "a.b+c" },
        { "!#$%&'*+-/=?^_`{|}~", "!#$%&'*+-/=?^_`{|}~" },
        { "josé", "josé" },
        { "a b", "\"a b\"" },
        { "a..b", "\"a..b\"" },
        { ".a", "\".a\"" },
        { "a.", "\"a.\"" },
        { "q\"r", "\"q\\\"r\"" },
        { "q\\r", "\"q\\\\r\"" },
        { "a>", "\"a>\"" },
        { "a@b", "\"a@b\"" },
        { "a,b", "\"a,b\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        assert_null(local_problem(span_of(rows[i].local)));
        local_add_wire(&out, span_of(rows[i].local));
        assert_string_equal(buf_string(&out), rows[i].wire);
    }
}

static void test_problems(void **state)
{
    (void)state;
    static const struct {
        struct span local;
        const char *word; /* of the message; NULL: no problem */
    } rows[] = {
        { SPAN(""), "empty" },
        { SPAN("1234567890123456789012345678901234567890123456789012345678901234"), NULL },
        { SPAN("12345678901234567890123456789012345678901234567890123456789012345"), "64" },
        { SPAN("a\rb"), "control" },
        { SPAN("a\nb"), "control" },
        { SPAN("a\0b"), "control" },
        { SPAN("a\tb"), "control" },
        { SPAN("a\x7f"), "control" },
        { SPAN("a\xc2\x85"), "control" },
        { SPAN("a\xe9"), "UTF-8" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *problem = local_problem(rows[i].local);
        assert_int_equal(problem != NULL, rows[i].word != NULL);
        if (problem)
            assert_non_null(strstr(problem, rows[i].word));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire_form),
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
