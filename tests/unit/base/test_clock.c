#include "base/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <limits.h>
#include <time.h>

static void test_in(void **state)
{
    static const struct {
        int64_t ms;
        bool never;
        bool passed;
        int most, least; /* of deadline_left */
    } rows[] = {
        { 0, true, false, -1, -1 },
        { -5, true, false, -1, -1 },
        { 3600000, false, false, 3600000, 3500000 },
        { INT64_MAX, false, false, INT_MAX, INT_MAX },
        { INT64_MAX - 1, false, false, INT_MAX, INT_MAX },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deadline d = deadline_in(rows[i].ms);
        assert_int_equal(d.at == 0, rows[i].never);
        assert_int_equal(deadline_passed(d), rows[i].passed);
        int left = deadline_left(d);
        if (left > rows[i].most || left < rows[i].least)
            fail_msg("row %zu: %d ms left", i, left);
    }
}

static void test_passed(void **state)
{
    struct deadline d = { clock_ms() };
    (void)state;
    assert_true(deadline_passed(d));
    assert_int_equal(deadline_left(d), 0);
    d.at = 1;
    assert_true(deadline_passed(d));
    assert_int_equal(deadline_left(d), 0);
}

static void test_min(void **state)
{
    static const int64_t rows[][3] = {
        { 0, 0, 0 }, { 0, 7, 7 }, { 7, 0, 7 }, { 7, 8, 7 }, { 8, 7, 7 }, { 7, 7, 7 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct deadline a = { rows[i][0] }, b = { rows[i][1] };
        assert_int_equal(deadline_min(a, b).at, rows[i][2]);
    }
}

static void test_nap(void **state)
{
    struct deadline never = { 0 }, passed = { 1 };
    (void)state;
    assert_int_equal(deadline_nap(never), 1000);
    assert_int_equal(deadline_nap(deadline_in(3600 * 1000)), 1000);
    assert_int_equal(deadline_nap(passed), 0);
    int left = deadline_nap(deadline_in(500));
    assert_true(left > 0 && left <= 500);
}

static void test_clock_goes_on(void **state)
{
    int64_t before = clock_ms();
    (void)state;
    assert_true(before > 0);
    assert_true(clock_ms() >= before);
}

/* The two agree, and are near what time(2) says. */
static void test_wall(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t ms = clock_wall_ms(), us = clock_wall_us();
    int64_t after = ((int64_t)time(NULL) + 2) * 1000;
    assert_true(ms >= before && us / 1000 >= ms && us / 1000 <= after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in),
        cmocka_unit_test(test_passed),
        cmocka_unit_test(test_min),
        cmocka_unit_test(test_nap),
        cmocka_unit_test(test_clock_goes_on),
        cmocka_unit_test(test_wall),
    };
    return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
