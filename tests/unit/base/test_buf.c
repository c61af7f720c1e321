#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void test_empty(void **state)
{
    BUF b = { 0 };
    (void)state;
    assert_string_equal(buf_string(&b), "");
    assert_int_equal(buf_span(&b).len, 0);
    buf_drop(&b, 5);
    buf_truncate(&b, 0);
    buf_clear(&b);
    buf_add(&b, NULL, 0);
    assert_string_equal(buf_string(&b), "");
    assert_false(b.failed);
}

static void test_add(void **state)
{
    BUF b = { 0 };
    (void)state;
    buf_add_string(&b, "one ");
    buf_add_span(&b, SPAN("two "));
    buf_add_span(&b, (struct span){ NULL, 0 });
    buf_addf(&b, "%d %s", 3, "");
    buf_add_char(&b, '!');
    buf_add(&b, "\0z", 2);
    assert_int_equal(b.len, 13);
    assert_memory_equal(b.at, "one two 3 !\0z", 14);
}

static void test_number(void **state)
{
    static const struct {
        uint64_t n;
        size_t width;
        const char *want;
    } rows[] = {
        { 0, 0, "0" },         { 9, 1, "9" },   { 10, 4, "  10" },
        { 12345, 2, "12345" }, { 0, 3, "  0" }, { UINT64_MAX, 22, "  18446744073709551615" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF b = { 0 };
        buf_add_number(&b, rows[i].n, rows[i].width);
        assert_string_equal(buf_string(&b), rows[i].want);
    }
}

static void test_growth(void **state)
{
    BUF plain = { 0 }, secret = { .secret = true };
    (void)state;
    for (int i = 0; i < 10000; i++) {
        buf_addf(&plain, "%05d", i);
        buf_addf(&secret, "%05d", i);
    }
    assert_int_equal(plain.len, 50000);
    assert_memory_equal(plain.at + 5 * 4321, "04321", 5);
    assert_true(span_eq(buf_span(&plain), buf_span(&secret)));
    assert_int_equal(strlen(buf_string(&plain)), plain.len);
}

static void test_limit(void **state)
{
    static const struct {
        size_t first, second;
        bool failed;
    } rows[] = {
        { 10, 0, false }, { 9, 1, false }, { 9, 2, true }, { 11, 0, true }, { 10, SIZE_MAX, true },
    };
    const char *text = "0123456789abcdef";
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF b = { .limit = 10 };
        buf_add(&b, text, rows[i].first);
        if (rows[i].second == SIZE_MAX)
            assert_null(buf_room(&b, SIZE_MAX));
        else
            buf_add(&b, text, rows[i].second);
        assert_int_equal(b.failed, rows[i].failed);
        size_t len = b.len;
        buf_add(&b, text, rows[i].failed ? 1 : 0); /* it stays failed, even for what would fit */
        assert_int_equal(b.len, len);
        buf_clear(&b);
        buf_addf(&b, "%s", "again");
        assert_string_equal(buf_string(&b), "again");
    }
}

static void test_drop_and_truncate(void **state)
{
    static const struct {
        size_t drop, keep;
        const char *want;
    } rows[] = {
        { 0, 9, "abcdef" }, { 2, 9, "cdef" }, { 6, 9, "" }, { 7, 9, "" },
        { 0, 2, "ab" },     { 2, 2, "cd" },   { 0, 0, "" }, { 0, 6, "abcdef" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF b = { .secret = i % 2 };
        buf_add_string(&b, "abcdef");
        buf_drop(&b, rows[i].drop);
        buf_truncate(&b, rows[i].keep);
        assert_string_equal(buf_string(&b), rows[i].want);
    }
}

/* What a secret buffer gives up within its block is overwritten. */
static void test_wipe(void **state)
{
    BUF b = { .secret = true };
    (void)state;
    buf_add_string(&b, "hunter2");
    buf_drop(&b, 3);
    assert_memory_equal(b.at, "ter2\0\0\0", 7);
    buf_truncate(&b, 1);
    assert_memory_equal(b.at, "t\0\0\0", 4);
    buf_clear(&b);
    assert_memory_equal(b.at, "\0", 1);
    assert_true(b.secret);
}

static void test_take(void **state)
{
    BUF b = { .limit = 5, .secret = true };
    (void)state;
    buf_add_string(&b, "mine");
    char *block = buf_take(&b);
    assert_string_equal(block, "mine");
    assert_int_equal(b.len, 0);
    assert_int_equal(b.limit, 5);
    assert_true(b.secret);
    free(block);
    block = buf_take(&b);
    assert_string_equal(block, "");
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),  cmocka_unit_test(test_add),
        cmocka_unit_test(test_number), cmocka_unit_test(test_growth),
        cmocka_unit_test(test_limit),  cmocka_unit_test(test_drop_and_truncate),
        cmocka_unit_test(test_wipe),   cmocka_unit_test(test_take),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
