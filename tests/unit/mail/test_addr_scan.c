#include "mail/addr_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The kinds of all tokens in a row, a bad one being the last. */
static void scan_kinds(struct span text, struct buf *kinds)
{
    struct addr_scan s;
    addr_scan_init(&s, text);
    do {
        addr_scan_next(&s);
        if (s.kind != ADDR_SCAN_END)
            buf_add_char(kinds, (char)s.kind);
    } while (s.kind != ADDR_SCAN_END && s.kind != ADDR_SCAN_BAD);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        const char *kinds;
    } rows[] = {
        { SPAN(""), "" },
        { SPAN(" \t "), "" },
        { SPAN("joe@a.example"), "a@a.a" },
        { SPAN("\"B, C\" <d@e> (com, ment), x"), "\"<a@a>,a" },
        { SPAN("g(a(b(c)d)e)h"), "aa" },
        { SPAN("(\\) \\( \")x"), "a" },
        { SPAN("a\r\n b"), "aa" },
        { SPAN("a\r\n\t\r\n b"), "aa" },
        { SPAN("u@[192.0.2.1];"), "a@[;" },
        { SPAN("\"a\\\"b\"c"), "\"a" },
        { SPAN("\"a\r\n b\""), "\"" },
        { SPAN("j\xc3\xb6rg"), "a" },
        { SPAN("a\r\nb"), "a!" },
        { SPAN("a\nb"), "a!" },
        { SPAN("a\n b"), "a!" },
        { SPAN("a\rb"), "a!" },
        { SPAN("a\r\n"), "a!" },
        { SPAN("a\0b"), "a!" },
        { SPAN("\"a\0b\""), "!" },
        { SPAN("\"a\\\nb\""), "!" },
        { SPAN("(a\nb)"), "!" },
        { SPAN("[a\nb]"), "!" },
        { SPAN("\x1b"), "!" },
        { SPAN("a\\b"), "a!" },
        { SPAN("a)"), "a!" },
        { SPAN("a]"), "a!" },
        { SPAN("\"abc"), "!" },
        { SPAN("\"abc\\"), "!" },
        { SPAN("\"abc\\\""), "!" },
        { SPAN("(a(b)"), "!" },
        { SPAN("[1.2"), "!" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF kinds = { 0 };
        scan_kinds(rows[i].text, &kinds);
        assert_string_equal(buf_string(&kinds), rows[i].kinds);
    }
}

static void test_positions(void **state)
{
    (void)state;
    struct addr_scan s;
    addr_scan_init(&s, SPAN(" ab (one) (two\\)) \"c\\\"d\r\n e\" "));
    const char *text = s.at;
    addr_scan_next(&s);
    assert_ptr_equal(s.behind, text);
    assert_true(span_is(s.token, "ab"));
    addr_scan_next(&s);
    assert_ptr_equal(s.behind, text + 3);
    assert_true(span_is(s.comment, "two\\)"));
    assert_true(span_is(s.token, "\"c\\\"d\r\n e\""));
    BUF meaning = { 0 };
    addr_scan_add_token(&s, &meaning);
    assert_string_equal(buf_string(&meaning), "c\"d e");
    addr_scan_next(&s);
    assert_int_equal(s.kind, ADDR_SCAN_END);
    assert_ptr_equal(s.at, s.end);
}

static void test_bad_stays_bad(void **state)
{
    (void)state;
    struct addr_scan s;
    addr_scan_init(&s, SPAN("\x01"
                            "abc"));
    addr_scan_next(&s);
    addr_scan_next(&s);
    assert_int_equal(s.kind, ADDR_SCAN_BAD);
    assert_string_equal(s.problem, "a control character");
}

static void test_quote(void **state)
{
    static const struct {
        struct span text;
        const char *quoted;
    } rows[] = {
        { SPAN(""), "\"\"" },
        { SPAN("a b"), "\"a b\"" },
        { SPAN("a\"b\\"), "\"a\\\"b\\\\\"" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF quoted = { 0 }, back = { 0 };
        addr_scan_quote(&quoted, rows[i].text);
        assert_string_equal(buf_string(&quoted), rows[i].quoted);
        struct addr_scan s;
        addr_scan_init(&s, buf_span(&quoted));
        addr_scan_next(&s);
        assert_int_equal(s.kind, ADDR_SCAN_QUOTED);
        addr_scan_add_token(&s, &back);
        assert_true(span_eq(buf_span(&back), rows[i].text));
    }
}

static void test_deep_comment(void **state)
{
    (void)state;
    enum { DEPTH = 1000000 };
    BUF text = { 0 };
    memset(buf_room(&text, DEPTH), '(', DEPTH);
    buf_grew(&text, DEPTH);
    memset(buf_room(&text, DEPTH), ')', DEPTH);
    buf_grew(&text, DEPTH);
    buf_add_char(&text, 'x');
    BUF kinds = { 0 };
    scan_kinds(buf_span(&text), &kinds);
    assert_string_equal(buf_string(&kinds), "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),         cmocka_unit_test(test_positions),
        cmocka_unit_test(test_bad_stays_bad), cmocka_unit_test(test_quote),
        cmocka_unit_test(test_deep_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
