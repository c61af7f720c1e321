#include "mail/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void qp_pieces(struct span in, size_t size, struct buf *out)
{
    struct qp q = { 0 };
    for (; in.len; in = span_from(in, size))
        qp_feed(&q, (struct span){ in.at, in.len < size ? in.len : size }, out);
    qp_finish(&q, out);
}

static const struct {
    struct span in;
    const char *out;
} qp_rows[] = {
    { SPAN(""), "" },
    { SPAN("plain\r\n"), "plain\r\n" },
    { SPAN("no end"), "no end\r\n" },
    { SPAN("caf\xc3\xa9 = good\r\n"), "caf=C3=A9 =3D good\r\n" },
    { SPAN("blank \r\ntab\t\r\n"), "blank=20\r\ntab=09\r\n" },
    { SPAN("two  \r\n"), "two =20\r\n" },
    { SPAN(" \r\n\r\n"), "=20\r\n\r\n" },
    { SPAN("end "), "end=20\r\n" },
    { SPAN("a\rb\r\n"), "a=0Db\r\n" },
    { SPAN("a\nb"), "a=0Ab\r\n" },
    { SPAN("a \r b\r\r\n"), "a =0D b=0D\r\n" },
    { SPAN("a\r"), "a=0D\r\n" },
    { SPAN("\0\x7f\r\n"), "=00=7F\r\n" },
    { SPAN(".\r\nFrom x\r\n"), ".\r\nFrom x\r\n" },
};

static void test_qp_any_division(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof qp_rows / sizeof *qp_rows; i++)
        for (size_t size = 1; size < 20; size++) {
            BUF out = { 0 };
            qp_pieces(qp_rows[i].in, size, &out);
            assert_string_equal(buf_string(&out), qp_rows[i].out);
        }
}

static size_t longest_line(struct span text)
{
    size_t longest = 0;
    struct span line;
    while (span_next(&text, '\n', &line))
        longest = line.len > longest ? line.len : longest;
    return longest - 1; /* the CR */
}

static void test_qp_lines_are_short(void **state)
{
    (void)state;
    static const char *const units[] = { "x", "\xe2\x82\xac", "x ", " ", "ab=" };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        BUF in = { 0 };
        BUF out = { 0 };
        for (size_t n = 0; n < 500; n++)
            buf_add_string(&in, units[i]);
        qp_pieces(buf_span(&in), 17, &out);
        assert_in_range(longest_line(buf_span(&out)), 70, 76);
    }
}

static const struct {
    struct span in;
    const char *out;
} word_rows[] = {
    { SPAN(""), "" },
    { SPAN("J\xc3\xb6rg M"), "=?utf-8?Q?J=C3=B6rg_M?=" },
    { SPAN("\xd0\x90\xd0\x91\xd0\x92"), "=?utf-8?B?0JDQkdCS?=" },
    { SPAN("a\xff"), "=?unknown-8bit?Q?a=FF?=" },
    { SPAN("a_b?c=\"\xc3\xa9\""), "=?utf-8?B?YV9iP2M9IsOpIg==?=" },
};

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof word_rows / sizeof *word_rows; i++) {
        BUF out = { 0 };
        encode_words(&out, word_rows[i].in);
        assert_string_equal(buf_string(&out), word_rows[i].out);
    }
}

/* Every word short enough, and none ends inside a character: "€" is =E2=82=AC or 4 base64 octets
 * where words hold whole groups of three. */
static void check_long_words(const char *unit, const char *tail)
{
    BUF in = { 0 };
    BUF out = { 0 };
    for (size_t n = 0; n < 100; n++)
        buf_add_string(&in, unit);
    encode_words(&out, buf_span(&in));
    struct span rest = buf_span(&out), word;
    size_t n_words = 0;
    while (span_next(&rest, ' ', &word)) {
        assert_in_range(word.len, 1, 75);
        assert_memory_equal(word.at + word.len - strlen(tail), tail, strlen(tail));
        n_words++;
    }
    assert_true(n_words >= 3);
}

static void test_long_words(void **state)
{
    (void)state;
    check_long_words("aaaaaaa\xe2\x82\xac", "?=");
    check_long_words("\xe2\x82\xac", "4oKs?=");
    check_long_words("\xff", "?=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qp_any_division),
        cmocka_unit_test(test_qp_lines_are_short),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
