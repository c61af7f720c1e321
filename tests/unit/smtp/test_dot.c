#include "smtp/dot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *wire; /* the end of data included */
} rows[] = {
    { "", ".\r\n" },
    { "a\r\n", "a\r\n.\r\n" },
    { "a", "a\r\n.\r\n" },
    { ".\r\n", "..\r\n.\r\n" },
    { ".", "..\r\n.\r\n" },
    { "..\r\n", "...\r\n.\r\n" },
    { "a\r\n.b\r\n", "a\r\n..b\r\n.\r\n" },
    { "a.b\r\nc.\r\n", "a.b\r\nc.\r\n.\r\n" },
    { "\r\n.\r\n\r\n..\r\n", "\r\n..\r\n\r\n...\r\n.\r\n" },
    { ".a\r\n.b\r\n.c", "..a\r\n..b\r\n..c\r\n.\r\n" },
};
enum { ROWS = sizeof rows / sizeof *rows };

static void encode(const char *text, size_t step, struct buf *out)
{
    struct dot d = { 0 };
    struct span rest = span_of(text), run;
    while (rest.len) {
        size_t len = step && step < rest.len ? step : rest.len;
        struct span piece = { rest.at, len };
        rest = span_from(rest, len);
        while (dot_next(&d, &piece, &run))
            buf_add_span(out, run);
    }
    buf_add_span(out, dot_end(&d));
}

static void test_encode_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t step = 0; step < 6; step++) {
            BUF out = { 0 };
            encode(rows[i].text, step, &out);
            assert_string_equal(buf_string(&out), rows[i].wire);
        }
    }
}

static void test_decode_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t step = 1; step < 6; step++) {
            struct undot d = { 0 };
            BUF out = { 0 };
            struct span in = span_of(rows[i].wire);
            int done = 0;
            while (!done) {
                size_t used, len = step < in.len ? step : in.len;
                assert_true(len > 0);
                done = dot_decode(&d, (struct span){ in.at, len }, &used, &out);
                in = span_from(in, used);
            }
            assert_int_equal(in.len, 0);
            if (strcmp(buf_string(&out), rows[i].text))
                buf_truncate(&out, out.len - 2); /* the line end that was missing */
            assert_string_equal(buf_string(&out), rows[i].text);
        }
    }
}

static void test_decode_ends_only_at_crlf_dot_crlf(void **state)
{
    (void)state;
    static const char *const inside[] = { "a\n.\n",   "a\r.\r",        "a\r\n.\r",
                                          "a\n.\r\n", "a\r\r\n.x\r\n", "a\r\n.\n" };
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        struct undot d = { 0 };
        BUF out = { 0 };
        size_t used;
        assert_int_equal(dot_decode(&d, span_of(inside[i]), &used, &out), 0);
        assert_int_equal(used, strlen(inside[i]));
    }
}

static void test_decode_with_bare_lf(void **state)
{
    (void)state;
    static const struct {
        const char *wire, *text;
    } lines[] = {
        { ".\n", "" },
        { ".\r\n", "" },
        { "a\n.\n", "a\n" },
        { "a\r\n.\n", "a\r\n" },
        { "a\n.\r\n", "a\n" },
        { "..x\n..\n.\n", ".x\n.\n" },
        { "a\r.\n.\n", "a\r.\n" },
        { "a\n.\rb\n.\n", "a\n\rb\n" },
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        for (size_t step = 1; step < 6; step++) {
            struct undot d = { .bare_lf = true };
            BUF out = { 0 };
            struct span in = span_of(lines[i].wire);
            int done = 0;
            while (!done) {
                size_t used, len = step < in.len ? step : in.len;
                assert_true(len > 0);
                done = dot_decode(&d, (struct span){ in.at, len }, &used, &out);
                in = span_from(in, used);
            }
            assert_int_equal(in.len, 0);
            assert_string_equal(buf_string(&out), lines[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_at_every_split),
        cmocka_unit_test(test_decode_at_every_split),
        cmocka_unit_test(test_decode_ends_only_at_crlf_dot_crlf),
        cmocka_unit_test(test_decode_with_bare_lf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
