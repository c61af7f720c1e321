#include "mail/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
    struct span in;
    struct span block;
    struct span body;
    bool dot_ends;
};

#define ROW(in, block, body)                     \
    {                                            \
        SPAN(in), SPAN(block), SPAN(body), false \
    }
#define DOT_ROW(in, block, body)                \
    {                                           \
        SPAN(in), SPAN(block), SPAN(body), true \
    }

static const struct row rows[] = {
    ROW("", "", ""),
    ROW("\n", "", ""),
    ROW("Subject: t\n\nb\n", "Subject: t\r\n", "b\r\n"),
    ROW("Subject: t\r\nX: a\n\tb\r\r\n\r\nb", "Subject: t\r\nX: a\r\n\tb\r\n", "b\r\n"),
    ROW("hello\nworld\n", "", "hello\r\nworld\r\n"),
    ROW("hello", "", "hello\r\n"),
    ROW("Subject: t\nX: y\n", "Subject: t\r\nX: y\r\n", ""),
    ROW("Subject: t\nX: y", "Subject: t\r\nX: y\r\n", ""),
    ROW("Subject: t\nno header here\nz: 1\n", "Subject: t\r\n", "no header here\r\nz: 1\r\n"),
    ROW("From joe Thu Jan  1\nSubject: t\n\nb\n", "Subject: t\r\n", "b\r\n"),
    ROW(">From joe Thu Jan  1\nSubject: t\n\nb\n", "Subject: t\r\n", "b\r\n"),
    ROW("From joe\nFrom jim\nSubject: t\n", "", "From jim\r\nSubject: t\r\n"),
    ROW("From : joe@x\n\nb\n", "From : joe@x\r\n", "b\r\n"),
    ROW("X: 1\nFrom joe\n", "X: 1\r\n", "From joe\r\n"),
    ROW(" lead\nX: 1\n", "", " lead\r\nX: 1\r\n"),
    ROW("From joe\n lead\nX: 1\n", "", " lead\r\nX: 1\r\n"),
    ROW("\nX: 1\n", "", "X: 1\r\n"),
    ROW("X: 1\n \t\nY: 2\n\n\nb\n", "X: 1\r\n \t\r\nY: 2\r\n", "\r\nb\r\n"),
    ROW("X: 1\r.\r\n\nb\n", "X: 1 .\r\n", "b\r\n"),
    ROW("a\n.\nb\n", "", "a\r\n.\r\nb\r\n"),
    DOT_ROW("X: 1\n\na\n.\nb\n", "X: 1\r\n", "a\r\n"),
    DOT_ROW("X: 1\n\na\n.\r\r\nb\n", "X: 1\r\n", "a\r\n"),
    DOT_ROW("X: 1\n\na\n.", "X: 1\r\n", "a\r\n"),
    DOT_ROW("X: 1\n.\nb\n", "X: 1\r\n", ""),
    DOT_ROW(".\n", "", ""),
    DOT_ROW("a\n..\n.b\nc.\nd .\n \n.\n", "", "a\r\n..\r\n.b\r\nc.\r\nd .\r\n \r\n"),
    DOT_ROW("a\n\r.\n.\n", "", "a\r\n .\r\n"),
};

static int read_pieces(struct message *m, struct span in, size_t size, struct message_limits limits,
                       struct err *e)
{
    CLEANUP(reader_done) struct reader r;
    reader_init(&r, m, limits);
    int result = 0;
    for (; in.len && result == 0; in = span_from(in, size))
        result = reader_feed(&r, (struct span){ in.at, in.len < size ? in.len : size }, e);
    return result < 0 ? -1 : reader_finish(&r, e);
}

static void assert_same(struct span got, struct span want)
{
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.at, want.at, want.len);
}

static void check_row(const struct row *row, size_t size)
{
    ERR e = { 0 };
    struct message m = { 0 };
    struct message_limits limits = { .dot_ends = row->dot_ends };
    assert_int_equal(read_pieces(&m, row->in, size, limits, &e), 0);
    assert_same(buf_span(&m.block), row->block);
    assert_same(body_borrow_at(&m.body, 0), row->body);
    assert_int_equal(m.empty, row->in.len == 0);
    message_done(&m);
}

static void test_any_division(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t size = 1; size < 24; size++)
            check_row(&rows[i], size);
}

static void test_traits_are_kept_apart(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    struct span in = SPAN("Subject: \xc3\xa9\nX: a\rb\n\xff no field\0\nb\rc\n");
    assert_int_equal(read_pieces(&m, in, 5, (struct message_limits){ 0 }, &e), 0);
    assert_int_equal(m.header_traits.lines, 2);
    assert_int_equal(m.header_traits.bare_crs, 1);
    assert_int_equal(m.header_traits.nuls, 0);
    assert_true(m.header_traits.eight_bit);
    assert_int_equal(m.traits.lines, 2);
    assert_int_equal(m.traits.bare_crs, 1);
    assert_int_equal(m.traits.nuls, 1);
    assert_int_equal(m.traits.longest, 10);
    assert_true(m.traits.eight_bit);
    message_done(&m);
}

static void test_cleaned_fields_are_marked(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    struct span in = SPAN("A: 1\nB: a\rb\nC: 1\n \0\nD: 1\r\r\n\n");
    assert_int_equal(read_pieces(&m, in, 3, (struct message_limits){ 0 }, &e), 0);
    assert_int_equal(m.header.n, 4);
    assert_false(m.header.fields[0].cleaned);
    assert_true(m.header.fields[1].cleaned);
    assert_true(m.header.fields[2].cleaned);
    assert_false(m.header.fields[3].cleaned);
    message_done(&m);
}

/* `head`, then `total` times `octet`, in pieces of 4096 octets. */
static int read_run(struct message *m, const char *head, char octet, size_t total,
                    struct message_limits limits, struct err *e)
{
    BUF in = { 0 };
    buf_add_string(&in, head);
    while (in.len < total)
        buf_add_char(&in, octet);
    return read_pieces(m, buf_span(&in), 4096, limits, e);
}

static const struct {
    const char *head;
    char octet;
    bool refused;
    size_t block;
} long_rows[] = {
    { "", 'x', false, 0 }, /* one long line of base64 */
    { "Subject: t\nYWJj", 'x', false, 12 },
    { "From joe", 'x', false, 0 },  /* too long for a mbox line */
    { "Subject: t", 'x', true, 0 }, /* a field without an end */
    { "Subject: t\n ", ' ', true, 0 },
    { " ", ' ', false, 0 },
};

static void test_long_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof long_rows / sizeof *long_rows; i++) {
        ERR e = { 0 };
        struct message m = { 0 };
        int result = read_run(&m, long_rows[i].head, long_rows[i].octet, 2 * MESSAGE_HEADER_LIMIT,
                              (struct message_limits){ 0 }, &e);
        assert_int_equal(result, long_rows[i].refused ? -1 : 0);
        assert_int_equal(e.kind, long_rows[i].refused ? ERR_DATA : ERR_NONE);
        if (!long_rows[i].refused)
            assert_int_equal(m.block.len, long_rows[i].block);
        message_done(&m);
    }
}

static void test_size_limit(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct message m = { 0 };
    struct message_limits limits = { .max_size = 1000 };
    assert_int_equal(read_run(&m, "\n", 'x', 999, limits, &e), 0);
    assert_int_equal(m.body.size, 1000);
    message_done(&m);
    assert_int_equal(read_run(&m, "\n", 'x', 1000, limits, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    message_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_division),
        cmocka_unit_test(test_traits_are_kept_apart),
        cmocka_unit_test(test_cleaned_fields_are_marked),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_size_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
