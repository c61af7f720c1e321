#include "mail/canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    struct span in;
    struct span out;
    struct traits traits;
};

#define ROW(in, out, ...)    \
    {                        \
        SPAN(in), SPAN(out), \
        {                    \
            __VA_ARGS__      \
        }                    \
    }

static const struct row rows[] = {
    ROW("", "", 0),
    ROW("a\n", "a\r\n", .lines = 1, .longest = 1),
    ROW("a\r\n", "a\r\n", .lines = 1, .longest = 1),
    ROW("a\r\r\r\n", "a\r\n", .lines = 1, .longest = 1),
    ROW("a", "a\r\n", .lines = 1, .longest = 1),
    ROW("\n\n", "\r\n\r\n", .lines = 2),
    ROW("a\rb\n", "a b\r\n", .lines = 1, .longest = 3, .bare_crs = 1),
    ROW("a\r\rb\r\n", "a  b\r\n", .lines = 1, .longest = 4, .bare_crs = 2),
    ROW("a\r", "a \r\n", .lines = 1, .longest = 2, .bare_crs = 1),
    ROW("\r", " \r\n", .lines = 1, .longest = 1, .bare_crs = 1),
    ROW("\n\r", "\r\n \r\n", .lines = 2, .longest = 1, .bare_crs = 1),
    ROW("a\0b\n", "ab\r\n", .lines = 1, .longest = 2, .nuls = 1),
    ROW("\0\0", "", .nuls = 2),
    ROW("a\r\0\n", "a\r\n", .lines = 1, .longest = 1, .nuls = 1),
    ROW("a\r\0\rb\n", "a  b\r\n", .lines = 1, .longest = 4, .bare_crs = 2, .nuls = 1),
    ROW("\n.\n", "\r\n.\r\n", .lines = 2, .longest = 1),
    ROW("\r.\r", " . \r\n", .lines = 1, .longest = 3, .bare_crs = 2),
    ROW("\r\n.\r", "\r\n. \r\n", .lines = 2, .longest = 2, .bare_crs = 1),
    ROW("\r.\r\n", " .\r\n", .lines = 1, .longest = 2, .bare_crs = 1),
    ROW("\xc3\xa9\n", "\xc3\xa9\r\n", .lines = 1, .longest = 2, .eight_bit = true),
    ROW("0123456789\xff", "0123456789\xff\r\n", .lines = 1, .longest = 11, .eight_bit = true),
    ROW("ab\nabcd\nabc\n", "ab\r\nabcd\r\nabc\r\n", .lines = 3, .longest = 4),
};

static void check_traits(const struct traits *got, const struct traits *want)
{
    assert_int_equal(got->eight_bit, want->eight_bit);
    assert_int_equal(got->lines, want->lines);
    assert_int_equal(got->longest, want->longest);
    assert_int_equal(got->bare_crs, want->bare_crs);
    assert_int_equal(got->nuls, want->nuls);
}

/* Feeds `row` in pieces of `size` octets. */
static void check_row(const struct row *row, size_t size)
{
    struct canon c = { 0 };
    BUF out = { 0 };
    for (struct span rest = row->in; rest.len; rest = span_from(rest, size))
        canon_feed(&c, (struct span){ rest.at, rest.len < size ? rest.len : size }, &out);
    canon_finish(&c, &out);
    assert_int_equal(out.len, row->out.len);
    assert_memory_equal(buf_string(&out), row->out.at, out.len);
    check_traits(&c.traits, &row->traits);
}

static void test_any_division(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t size = 1; size < 16; size++)
            check_row(&rows[i], size);
}

static void test_long_run_of_crs_is_bounded(void **state)
{
    (void)state;
    struct canon c = { 0 };
    BUF out = { 0 };
    for (size_t i = 0; i < CANON_CRS + 5; i++)
        canon_feed(&c, SPAN("\r"), &out);
    assert_int_equal(out.len, 5);
    canon_feed(&c, SPAN("\n"), &out);
    assert_string_equal(buf_string(&out), "     \r\n");
    assert_int_equal(c.traits.bare_crs, 5);
}

static void test_traits_add(void **state)
{
    (void)state;
    struct traits sum = { .lines = 2, .longest = 7, .nuls = 1 };
    struct traits more = { .eight_bit = true, .lines = 3, .longest = 5, .bare_crs = 4 };
    struct traits want = { true, 5, 7, 4, 1 };
    traits_add(&sum, &more);
    check_traits(&sum, &want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_division),
        cmocka_unit_test(test_long_run_of_crs_is_bounded),
        cmocka_unit_test(test_traits_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
