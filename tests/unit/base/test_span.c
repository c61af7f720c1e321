#include "base/span.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void test_compare(void **state)
{
    static const struct {
        struct span a;
        const char *b;
        bool is, iis, starts, istarts;
    } rows[] = {
        { SPAN("abc"), "abc", true, true, true, true },
        { SPAN("aBc"), "AbC", false, true, false, true },
        { SPAN("abcd"), "abc", false, false, true, true },
        { SPAN("ABCD"), "abc", false, false, false, true },
        { SPAN("ab"), "abc", false, false, false, false },
        { SPAN("abc"), "", false, false, true, true },
        { { NULL, 0 }, "", true, true, true, true },
        { { NULL, 0 }, "a", false, false, false, false },
        { SPAN("a\0b"), "a", false, false, true, true },
        { SPAN("\xC3\x84"), "\xC3\xA4", false, false, false, false },
        { SPAN("[\\]^"), "{|}~", false, false, false, false },
        { SPAN("@"), "`", false, false, false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_is(rows[i].a, rows[i].b) != rows[i].is ||
            span_iis(rows[i].a, rows[i].b) != rows[i].iis ||
            span_starts(rows[i].a, rows[i].b) != rows[i].starts ||
            span_istarts(rows[i].a, rows[i].b) != rows[i].istarts)
            fail_msg("row %zu", i);
    assert_int_equal(span_of(NULL).len, 0);
    assert_true(span_ieq(SPAN("X"), SPAN("x")));
}

static void test_trim_and_from(void **state)
{
    static const struct {
        struct span text, want;
    } rows[] = {
        { SPAN(" \t\r\nx y\n\r\t "), SPAN("x y") },
        { SPAN("x"), SPAN("x") },
        { SPAN(" \n"), SPAN("") },
        { { NULL, 0 }, SPAN("") },
        { SPAN("\vx\v"), SPAN("\vx\v") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_eq(span_trim(rows[i].text), rows[i].want));
    assert_true(span_is(span_from(SPAN("abc"), 1), "bc"));
    assert_int_equal(span_from(SPAN("abc"), 3).len, 0);
    assert_int_equal(span_from(SPAN("abc"), 4).len, 0);
    assert_int_equal(span_from((struct span){ NULL, 0 }, 1).len, 0);
    assert_true(span_has(SPAN("a\0b"), '\0'));
    assert_false(span_has(SPAN("ab"), '\0'));
    assert_false(span_has((struct span){ NULL, 0 }, 'a'));
}

/* Each octet at each place, among octets that are as near to a control character as can be. */
static void test_control(void **state)
{
    static const char others[] = " ~\x80\xFF\xA0\xE0";
    char text[20];
    (void)state;
    for (size_t at = 0; at < sizeof text; at++) {
        for (int i = 0; i < 256; i++) {
            memset(text, others[i % (int)(sizeof others - 1)], sizeof text);
            text[at] = (char)i;
            if (span_has_control((struct span){ text, sizeof text }) != ascii_is_control((char)i))
                fail_msg("octet %d at %zu", i, at);
            assert_false(span_has_control((struct span){ text, at }));
        }
    }
    assert_false(span_has_control((struct span){ NULL, 0 }));
}

/* Joins what an iterator gives, each piece in brackets. */
static void join(char *to, bool (*next)(struct span *rest, struct span *ret), struct span text)
{
    struct span piece;
    *to = '\0';
    while (next(&text, &piece)) {
        strncat(to, "[", 2);
        if (piece.len)
            strncat(to, piece.at, piece.len);
        strncat(to, "]", 2);
    }
}

static bool next_comma(struct span *rest, struct span *ret)
{
    return span_next(rest, ',', ret);
}

static void test_pieces(void **state)
{
    static const struct {
        struct span text;
        const char *pieces, *words;
    } rows[] = {
        { SPAN(""), "[]", "" },
        { { NULL, 0 }, "", "" },
        { SPAN("a"), "[a]", "[a]" },
        { SPAN("a,,b"), "[a][][b]", "[a,,b]" },
        { SPAN(",a,"), "[][a][]", "[,a,]" },
        { SPAN(" a\t b "), "[ a\t b ]", "[a][b]" },
        { SPAN(" \t"), "[ \t]", "" },
    };
    char got[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        join(got, next_comma, rows[i].text);
        assert_string_equal(got, rows[i].pieces);
        join(got, span_word, rows[i].text);
        assert_string_equal(got, rows[i].words);
    }
}

static void test_line(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } rows[] = {
        { "", "" },
        { "one", "one" },
        { "one\ntwo\n", "one" },
        { "one\r\ntwo", "one" },
        { "one\r\r\n", "one" },
        { "\ntwo", "" },
        { " one \n", " one " },
        { "o\rne\r", "o\rne" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(span_is(span_line(span_of(rows[i].text)), rows[i].line));
    assert_int_equal(span_line((struct span){ 0 }).len, 0);
}

static void test_number(void **state)
{
    static const struct {
        struct span text;
        uint64_t max;
        int done;
        uint64_t want;
    } rows[] = {
        { SPAN("0"), 0, 0, 0 },
        { SPAN("007"), 7, 0, 7 },
        { SPAN("8"), 7, -1, 0 },
        { SPAN("65535"), 65535, 0, 65535 },
        { SPAN("65536"), 65535, -1, 0 },
        { SPAN("99999"), 65535, -1, 0 },
        { SPAN("65540"), 65535, -1, 0 },
        { SPAN("65529"), 65535, 0, 65529 },
        { SPAN("10"), 10, 0, 10 },
        { SPAN("11"), 10, -1, 0 },
        { SPAN("1/"), 99, -1, 0 },
        { SPAN("1:"), 99, -1, 0 },
        { SPAN("\xB1"), 999, -1, 0 },
        { SPAN("18446744073709551615"), UINT64_MAX, 0, UINT64_MAX },
        { SPAN("18446744073709551616"), UINT64_MAX, -1, 0 },
        { SPAN("99999999999999999999999"), UINT64_MAX, -1, 0 },
        { SPAN(""), 9, -1, 0 },
        { SPAN("+1"), 9, -1, 0 },
        { SPAN("-1"), 9, -1, 0 },
        { SPAN(" 1"), 9, -1, 0 },
        { SPAN("1 "), 9, -1, 0 },
        { SPAN("0x1"), 9, -1, 0 },
        { SPAN("1\0"), 9, -1, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t got = 0;
        int done = span_number(rows[i].text, rows[i].max, &got);
        if (done != rows[i].done || got != rows[i].want)
            fail_msg("row %zu: %d", i, done);
    }
}

static void test_ascii(void **state)
{
    static const char digits[] = "0123456789abcdef";
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool lower = i >= 'a' && i <= 'z', upper = i >= 'A' && i <= 'Z';
        assert_int_equal(ascii_is_alpha(c), lower || upper);
        assert_int_equal(ascii_is_digit(c), i >= '0' && i <= '9');
        assert_int_equal(ascii_is_blank(c), i == ' ' || i == '\t');
        assert_int_equal(ascii_is_control(c), i < 32 || i == 127);
        assert_int_equal(ascii_is_host(c),
                         lower || upper || ascii_is_digit(c) || c == '-' || c == '_');
        assert_int_equal(ascii_lower(c), upper ? (char)(i + 32) : c);
        assert_int_equal(ascii_upper(c), lower ? (char)(i - 32) : c);
        const char *hex = i ? strchr(digits, ascii_lower(c)) : NULL;
        assert_int_equal(ascii_hex(c), hex ? hex - digits : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare), cmocka_unit_test(test_trim_and_from),
        cmocka_unit_test(test_control), cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_line),    cmocka_unit_test(test_number),
        cmocka_unit_test(test_ascii),
    };
    return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
