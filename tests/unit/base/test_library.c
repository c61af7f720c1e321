/* By libm, which every machine has. */
#include "base/library.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MATH_FUNCTIONS(X) X(, cos) X(, sqrt)

struct math {
    MATH_FUNCTIONS(LIBRARY_POINTER)
};

static const char *const names[] = { MATH_FUNCTIONS(LIBRARY_NAME) NULL };

static void functions_are_those_of_the_names(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct math math = { 0 };
    const struct library libm = { "libm.so.6", names };
    assert_int_equal(library_open(&libm, &math, "the test", &e), 0);
    assert_true(math.cos(0) == 1);
    assert_true(math.sqrt(9) == 3);
}

__attribute__((const)) static double other(double x)
{
    return x;
}

static void what_is_open_is_left_alone(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct math math = { .cos = other, .sqrt = other };
    const struct library absent = { "libabsent.so.0", names };
    assert_int_equal(library_open(&absent, &math, "the test", &e), 0);
    assert_ptr_equal(math.cos, other);
}

static void a_failure_names_the_library_and_who_needs_it(void **state)
{
    static const char *const strange[] = { "cos", "no_such_function", NULL };
    const struct {
        struct library library;
        const char *text;
    } rows[] = {
        { { "libabsent.so.0", names },
          "the test needs libabsent.so.0, which cannot be opened (cannot open shared object "
          "file: " },
        { { "libm.so.6", strange }, "the test needs libm.so.6, which cannot be opened (" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct math math = { 0 };
        assert_int_equal(library_open(&rows[i].library, &math, "the test", &e), -1);
        assert_int_equal(e.kind, ERR_LIBRARY);
        assert_memory_equal(e.text, rows[i].text, strlen(rows[i].text));
        assert_null(math.cos);
        assert_null(math.sqrt);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_those_of_the_names),
        cmocka_unit_test(what_is_open_is_left_alone),
        cmocka_unit_test(a_failure_names_the_library_and_who_needs_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
