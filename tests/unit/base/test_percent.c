#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/percent.h"

static void test_decode(void **state)
{
    static const struct {
        struct span text;
        struct span octets;
        int status;
    } rows[] = {
        { SPAN(""), SPAN(""), 0 },
        { SPAN("plain"), SPAN("plain"), 0 },
        { SPAN("a%40b%3a%3A%25"), SPAN("a@b::%"), 0 },
        { SPAN("%00%fF"), SPAN("\0\xff"), 0 },
        { SPAN("%2541"), SPAN("%41"), 0 },
        { SPAN("a+b"), SPAN("a+b"), 0 },
        { SPAN("%"), SPAN(""), -1 },
        { SPAN("a%4"), SPAN("a"), -1 },
        { SPAN("a%4g"), SPAN("a"), -1 },
        { SPAN("a%%41"), SPAN("a"), -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        assert_int_equal(percent_decode(rows[i].text, &out), rows[i].status);
        assert_true(span_eq(buf_span(&out), rows[i].octets));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
