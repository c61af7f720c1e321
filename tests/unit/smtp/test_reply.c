#include "smtp/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *in;
    int result;
    int code;
    const char *enhanced;
    const char *text;
};

static const struct row rows[] = {
    { "250 ok\r\n", 1, 250, "", "ok" },
    { "250\r\n", 1, 250, "", "" },
    { "250 \n", 1, 250, "", "" },
    { "250-a\r\n250-b\r\n250 c\r\n", 1, 250, "", "a\nb\nc" },
    { "250-\r\n250\r\n", 1, 250, "", "\n" },
    { "550 5.1.1 no such user\r\n", 1, 550, "5.1.1", "no such user" },
    { "535-5.7.8 Not accepted.\r\n535 5.7.8 https://x\r\n", 1, 535, "5.7.8",
      "Not accepted.\nhttps://x" },
    { "550 5.7.1\r\n", 1, 550, "5.7.1", "" },
    { "550 4.7.1 class differs\r\n", 1, 550, "", "4.7.1 class differs" },
    { "550 5.1234.1 x\r\n", 1, 550, "", "5.1234.1 x" },
    { "354 3.0.0 go\r\n", 1, 354, "", "3.0.0 go" },
    { "250 o", 0, 0, "", "" },
    { "250-a\r\n", 0, 0, "", "" },
    { "", 0, 0, "", "" },
    { "hello\r\n", -1, 0, "", "" },
    { "25 ok\r\n", -1, 0, "", "" },
    { "2500 ok\r\n", -1, 0, "", "" },
    { "150 ok\r\n", -1, 0, "", "" },
    { "650 ok\r\n", -1, 0, "", "" },
    { "250_ok\r\n", -1, 0, "", "" },
    { "250-a\r\n251 b\r\n", -1, 0, "", "" },
    { "\r\n", -1, 0, "", "" },
    { "\x16\x03\x01\n", -1, 0, "", "" },
};

/* Feeds `in` in pieces that grow by `step` octets, as a stream that keeps what is not used would.
 */
static int feed(struct reply_parser *p, struct span in, size_t step, struct reply *ret)
{
    size_t have = 0;
    for (;;) {
        size_t used = 0;
        have = step && have + step < in.len ? have + step : in.len;
        int got = reply_feed(p, (struct span){ in.at, have }, &used, ret);
        in = span_from(in, used);
        have -= used;
        if (got || have == in.len)
            return got;
    }
}

static void test_rows_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t step = 0; step < 8; step++) {
            struct reply_parser p = { 0 };
            struct reply r = { 0 };
            int got = feed(&p, span_of(rows[i].in), step, &r);
            if (got != rows[i].result)
                print_error("row %zu, step %zu\n", i, step);
            assert_int_equal(got, rows[i].result);
            if (got == 1) {
                assert_int_equal(r.code, rows[i].code);
                assert_string_equal(r.enhanced, rows[i].enhanced);
                assert_string_equal(buf_string(&r.text), rows[i].text);
            }
            reply_done(&r);
            reply_parser_done(&p);
        }
    }
}

static void test_two_replies_in_one_piece(void **state)
{
    (void)state;
    struct reply_parser p = { 0 };
    struct reply r = { 0 };
    struct span in = SPAN("250 one\r\n550 two\r\n");
    size_t used;
    assert_int_equal(reply_feed(&p, in, &used, &r), 1);
    assert_int_equal(used, 9);
    assert_int_equal(reply_feed(&p, span_from(in, used), &used, &r), 1);
    assert_int_equal(r.code, 550);
    reply_done(&r);
}

static int feed_line(size_t octets)
{
    BUF in = { 0 };
    struct reply_parser p = { 0 };
    struct reply r = { 0 };
    size_t used;
    buf_add_string(&in, "250 ");
    while (in.len < octets - 2)
        buf_add_char(&in, 'x');
    buf_add_string(&in, "\r\n");
    int got = reply_feed(&p, buf_span(&in), &used, &r);
    reply_done(&r);
    reply_parser_done(&p);
    return got;
}

static void test_limits(void **state)
{
    (void)state;
    struct reply_parser p = { 0 };
    struct reply r = { 0 };
    BUF many = { 0 };
    size_t used;
    assert_int_equal(feed_line(REPLY_LINE_LIMIT), 1);
    assert_int_equal(feed_line(REPLY_LINE_LIMIT + 1), -1);
    for (int i = 0; i <= REPLY_LINES_LIMIT; i++)
        buf_add_string(&many, "250-x\r\n");
    assert_int_equal(reply_feed(&p, buf_span(&many), &used, &r), -1);
    reply_parser_done(&p);
    buf_clear(&many);
    for (int i = 0; i < 9; i++) {
        buf_add_string(&many, "250-");
        for (int k = 0; k < 8000; k++)
            buf_add_char(&many, 'y');
        buf_add_string(&many, "\r\n");
    }
    assert_int_equal(reply_feed(&p, buf_span(&many), &used, &r), -1);
    reply_parser_done(&p);
    buf_clear(&many);
    for (int i = 0; i <= REPLY_LINE_LIMIT; i++)
        buf_add_char(&many, '2');
    assert_int_equal(reply_feed(&p, buf_span(&many), &used, &r), -1);
    reply_parser_done(&p);
}

static void test_error_keeps_the_words(void **state)
{
    (void)state;
    struct reply_parser p = { 0 };
    struct reply r = { 0 };
    size_t used;
    ERR e = { 0 };
    assert_int_equal(
        reply_feed(&p, SPAN("535-5.7.8 Not\x1b[31m so\r\n535 5.7.8 see x\r\n"), &used, &r), 1);
    assert_int_equal(reply_error(&r, &e), -1);
    assert_int_equal(e.kind, ERR_REPLY);
    assert_int_equal(e.code, 535);
    assert_string_equal(e.enhanced, "5.7.8");
    assert_string_equal(e.text, "535 5.7.8 Not\\x1b[31m so see x");
    assert_false(err_is_temporary(&e));
    reply_done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_at_every_split),
        cmocka_unit_test(test_two_replies_in_one_piece),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_error_keeps_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
