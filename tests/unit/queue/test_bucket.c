#include "queue/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Ten a minute: a burst of ten, then one every six seconds. */
static void test_rate(void **state)
{
    (void)state;
    struct bucket b = { 0 };
    int64_t now = 1795000000000;
    for (int i = 0; i < 10; i++)
        assert_int_equal(bucket_take(&b, 10, 60, now), 0);
    int64_t wait = bucket_take(&b, 10, 60, now);
    assert_in_range(wait, 6000, 6001);
    assert_int_equal(bucket_take(&b, 10, 60, now + wait), 0);
    assert_in_range(bucket_take(&b, 10, 60, now + wait + 3000), 2990, 3001);
    assert_int_equal(bucket_take(&b, 10, 60, now + wait + 6001), 0);
    for (int i = 0; i < 10; i++) /* never more than the burst at once */
        assert_int_equal(bucket_take(&b, 10, 60, now + 86400000), 0);
    assert_true(bucket_take(&b, 10, 60, now + 86400000) > 0);
}

static void test_rate_and_clock_steps(void **state)
{
    (void)state;
    struct bucket b = { 0 };
    int64_t now = 1795000000000, hour = 3600000;
    for (int i = 0; i < 2; i++)
        assert_int_equal(bucket_take(&b, 2, 60, now), 0);
    int64_t wait = bucket_take(&b, 2, 60, now - hour);
    assert_in_range(wait, 30000, 30001);
    assert_int_equal(bucket_take(&b, 2, 60, now - hour + wait), 0);
    assert_true(bucket_take(&b, 2, 60, now - hour + wait) > 0);
}

static void test_no_rate(void **state)
{
    (void)state;
    struct bucket b = { 0 };
    for (int i = 0; i < 1000; i++)
        assert_int_equal(bucket_take(&b, 0, 60, i), 0);
    assert_int_equal(b.tokens_at, 0);
}

/* Waiting as long as one is told is enough, whatever the numbers. */
static void test_the_wait_is_enough(void **state)
{
    (void)state;
    static const unsigned messages[] = { 1, 3, 7, 100, 9999, 1000000 };
    static const int64_t periods[] = { 1, 60, 3600, 86400 };
    for (size_t m = 0; m < 6; m++)
        for (size_t p = 0; p < 4; p++) {
            struct bucket b = { 0, 1795000000000 };
            int64_t now = b.tokens_at;
            int64_t wait = bucket_take(&b, messages[m], periods[p], now);
            assert_true(wait > 0);
            assert_int_equal(bucket_take(&b, messages[m], periods[p], now + wait), 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_rate_and_clock_steps),
        cmocka_unit_test(test_no_rate),
        cmocka_unit_test(test_the_wait_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
