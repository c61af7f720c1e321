#include "mail/fold.h"

#include "mail/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = HEADER_LINE_MAX };

struct part {
    const char *text;
    size_t times;
};

struct row {
    struct part in[4];
    struct part out[6]; /* empty: as it was */
};

static const struct row rows[] = {
    /* short enough */
    { { { "A: b\r\n c\r\n", 1 } }, { { 0 } } },
    { { { "A:", 1 }, { "x", MAX - 2 }, { "\r\n", 1 } }, { { 0 } } },
    { { { "A: b\r\n ", 1 }, { "x", MAX - 1 }, { "\r\n", 1 } }, { { 0 } } },
    { { { "A:", 1 }, { " ", MAX - 2 }, { "\r\n", 1 } }, { { 0 } } },
    /* at the last blank that fits, all blanks behind it */
    { { { "A:", 1 }, { " x", 600 }, { "\r\n", 1 } },
      { { "A:", 1 }, { " x", 498 }, { "\r\n", 1 }, { " x", 102 }, { "\r\n", 1 } } },
    { { { "A: b\r\n", 1 }, { " x", 600 }, { "\r\n", 1 } },
      { { "A: b\r\n", 1 }, { " x", 499 }, { "\r\n", 1 }, { " x", 101 }, { "\r\n", 1 } } },
    { { { "A: b", 1 }, { "x", MAX - 4 }, { "  \t c\r\n", 1 } },
      { { "A: b", 1 }, { "x", MAX - 4 }, { "\r\n  \t c\r\n", 1 } } },
    { { { "A: b", 1 }, { "x", MAX - 6 }, { "  \t c\r\n", 1 } },
      { { "A: b", 1 }, { "x", MAX - 6 }, { "\r\n  \t c\r\n", 1 } } },
    { { { "A: b c", 1 }, { "x", MAX }, { "\r\n", 1 } },
      { { "A: b\r\n c", 1 }, { "x", MAX - 2 }, { "\r\n ", 1 }, { "x", 2 }, { "\r\n", 1 } } },
    /* behind the colon if nothing else helps, never in front of it */
    { { { "A : ", 1 }, { "x", MAX - 1 }, { "\r\n", 1 } },
      { { "A :\r\n ", 1 }, { "x", MAX - 1 }, { "\r\n", 1 } } },
    /* cut as a last resort, not inside a character */
    { { { "A:", 1 }, { "x", 1200 }, { "\r\n", 1 } },
      { { "A:", 1 }, { "x", MAX - 2 }, { "\r\n ", 1 }, { "x", 204 }, { "\r\n", 1 } } },
    { { { "A:b", 1 }, { "\xc3\xa9", 600 }, { "\r\n", 1 } },
      { { "A:b", 1 }, { "\xc3\xa9", 497 }, { "\r\n ", 1 }, { "\xc3\xa9", 103 }, { "\r\n", 1 } } },
    { { { "A:b", 1 }, { "\xf0\x9f\x98\x80", 300 }, { "\r\n", 1 } },
      { { "A:b", 1 },
        { "\xf0\x9f\x98\x80", 248 },
        { "\r\n ", 1 },
        { "\xf0\x9f\x98\x80", 52 },
        { "\r\n", 1 } } },
    { { { "A:", 1 }, { "\x80", 1200 }, { "\r\n", 1 } },
      { { "A:", 1 }, { "\x80", MAX - 2 }, { "\r\n ", 1 }, { "\x80", 204 }, { "\r\n", 1 } } },
    /* blanks are no line of their own */
    { { { "A: b", 1 }, { " ", 1200 }, { "\r\n", 1 } }, { { "A: b\r\n", 1 } } },
    { { { "A: b", 1 }, { " ", 1200 }, { "c\r\n", 1 } }, { { "A: b\r\n c\r\n", 1 } } },
    { { { "A: b\r\n", 1 }, { " ", 1200 }, { "\r\n c\r\n", 1 } }, { { "A: b\r\n \r\n c\r\n", 1 } } },
};

static void add_parts(struct buf *to, const struct part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t times = parts[i].times; times; times--)
            buf_add_string(to, parts[i].text);
}

static size_t longest_line(struct span text)
{
    size_t longest = 1;
    struct span line;
    while (span_next(&text, '\n', &line))
        longest = line.len > longest ? line.len : longest;
    return longest - 1;
}

static void check_row(const struct row *row)
{
    BUF in = { 0 };
    BUF want = { 0 };
    BUF out = { 0 };
    add_parts(&in, row->in, sizeof row->in / sizeof *row->in);
    add_parts(&want, row->out, sizeof row->out / sizeof *row->out);
    assert_int_equal(fold_field(&out, buf_span(&in)), want.len > 0);
    assert_string_equal(buf_string(&out), buf_string(want.len ? &want : &in));
    assert_in_range(longest_line(buf_span(&out)), 0, MAX);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
}

/* However wide a run of blanks is: the text stays, no line is too long, none is blank. */
static void test_wide_blanks(void **state)
{
    (void)state;
    for (size_t blanks = 980; blanks < 1010; blanks++) {
        BUF in = { 0 };
        BUF out = { 0 };
        struct part parts[] = { { "A: b\r\n", 1 },
                                { " ", blanks },
                                { "\xe2\x82\xac", 10 },
                                { " ", blanks },
                                { "d\r\n", 1 } };
        add_parts(&in, parts, 5);
        fold_field(&out, buf_span(&in));
        assert_in_range(longest_line(buf_span(&out)), 0, MAX);
        assert_non_null(strstr(buf_string(&out), "d\r\n"));
        struct span rest = buf_span(&out), line;
        while (span_next(&rest, '\n', &line) && rest.at)
            assert_true(span_trim(line).len > 0);
    }
}

static void test_cut(void **state)
{
    (void)state;
    assert_int_equal(fold_cut(SPAN("abc"), 5), 3);
    assert_int_equal(fold_cut(SPAN("abcdef"), 5), 5);
    assert_int_equal(fold_cut(SPAN("abcd\xc3\xa9x"), 5), 4);
    assert_int_equal(fold_cut(SPAN("abc\xc3\xa9x"), 5), 5);
    assert_int_equal(fold_cut(SPAN("ab\xf0\x9f\x98\x80x"), 5), 2);
    assert_int_equal(fold_cut(SPAN("abcd\xc3x"), 5), 5);
    assert_int_equal(fold_cut(SPAN("\x80\x80\x80\x80\x80\x80"), 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_wide_blanks),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
