#include "mail/content.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = HEADER_LINE_MAX };

static const struct {
    const char *block;
    bool is_text;
    const char *declared;
} headers[] = {
    { "", true,
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n" },
    { "Content-Type: text/html; charset=x\r\nmime-version: 1.0\r\n", true,
      "Content-Type: text/html; charset=x\r\nmime-version: 1.0\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n" },
    { "CONTENT-TRANSFER-ENCODING:\r\n 8BIT (x)\r\nMIME-Version: 1.0\r\nContent-type: TEXT\r\n",
      true,
      "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\nContent-type: "
      "TEXT\r\n" },
    { "Content-Transfer-Encoding: 7bit\r\n", true,
      "Content-Transfer-Encoding: quoted-printable\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n" },
    { "Content-Type: multipart/mixed; boundary=text/plain\r\n", false, NULL },
    { "Content-Type: application/pdf\r\n", false, NULL },
    { "Content-Type: message/rfc822\r\n", false, NULL },
    { "Content-Type: textual/x\r\n", false, NULL },
    { "Content-Type:\r\n", false, NULL },
    { "Content-Transfer-Encoding: base64\r\n", false, NULL },
    { "Content-Transfer-Encoding: quoted-printable\r\n", false, NULL },
    { "Content-Transfer-Encoding: binary\r\n", false, NULL },
    { "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 7bit\r\n", false, NULL },
    { "Content-Type: text/plain\r\nX: y\r\ncontent-type: text/html\r\n", false, NULL },
};

/* A body that ends up in a file when `far` is set, so that its pieces divide characters. */
static void fill(struct body *b, struct span unit, bool far)
{
    ERR e = { 0 };
    do
        assert_int_equal(body_add(b, unit, &e), 0);
    while (far && b->size < 3 * BODY_MEMORY);
}

static void check_declared(struct arena *a, struct header *h, const char *want)
{
    BUF text = { 0 };
    ERR e = { 0 };
    struct body b = { 0 };
    fill(&b, SPAN("\xc3\xa9"), false);
    assert_int_equal(content_declare_qp(a, h, &b, &e), 0);
    body_done(&b);
    for (size_t i = 0; i < h->n; i++)
        buf_add_span(&text, h->fields[i].raw);
    assert_string_equal(buf_string(&text), want);
    assert_false(content_is_text(h));
}

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        ARENA a = { 0 };
        struct header h;
        header_parse(&a, span_of(headers[i].block), &h);
        assert_int_equal(content_is_text(&h), headers[i].is_text);
        if (headers[i].is_text)
            check_declared(&a, &h, headers[i].declared);
    }
}

static const struct {
    struct span unit;
    const char *charset;
} charsets[] = {
    { SPAN("plain\r\n"), "us-ascii" },
    { SPAN("\xc3\xa9\r\n"), "utf-8" },
    { SPAN("\xe2\x82\xac\xf0\x9f\x98\x80"), "utf-8" },
    { SPAN("caf\xe9\r\n"), "unknown-8bit" },
    { SPAN("x\xe2\x82"), "unknown-8bit" },
};

static void test_charset(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof charsets / sizeof *charsets; i++) {
        ERR e = { 0 };
        const char *charset = NULL;
        struct body b = { 0 };
        fill(&b, charsets[i / 2].unit, i & 1);
        assert_int_equal(content_charset(&b, &charset, &e), 0);
        assert_string_equal(charset, charsets[i / 2].charset);
        body_done(&b);
    }
}

static void add_times(struct buf *to, const char *unit, size_t times)
{
    while (times--)
        buf_add_string(to, unit);
}

static void check_division(const struct buf *in, const struct buf *want)
{
    ERR e = { 0 };
    struct body from = { 0 };
    struct body to = { 0 };
    assert_int_equal(body_add(&from, buf_span(in), &e), 0);
    assert_int_equal(content_divide(&from, &to, &e), 0);
    struct span got = body_borrow_at(&to, 0);
    assert_int_equal(got.len, want->len);
    assert_memory_equal(got.at, buf_string(want), got.len);
    body_done(&from);
    body_done(&to);
}

/* `unit` `n` times is one line; it is cut behind every `each` units. */
static const struct {
    const char *unit;
    size_t n;
    size_t each;
} divisions[] = {
    { "x", MAX, MAX },
    { "x", MAX + 1, MAX },
    { "x", 5 * MAX + 7, MAX },
    { "\xc3\xa9", 2000, 499 },
    { "\xe2\x82\xac", 1000, 332 },
    { "\xf0\x9f\x98\x80", 600, 249 },
    { "\x80", 2000, MAX },
    { " ", 2000, MAX },
};

static void test_division(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof divisions / sizeof *divisions; i++) {
        BUF in = { 0 };
        BUF want = { 0 };
        size_t each = divisions[i].each;
        add_times(&in, divisions[i].unit, divisions[i].n);
        for (size_t left = divisions[i].n; left; left -= left < each ? left : each) {
            add_times(&want, divisions[i].unit, left < each ? left : each);
            buf_add_string(&want, "\r\n");
        }
        buf_add_string(&in, "\r\n.\r\n\r\nend\r\n");
        buf_add_string(&want, ".\r\n\r\nend\r\n");
        check_division(&in, &want);
    }
}

static void test_encoding(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct body from = { 0 };
    struct body to = { 0 };
    fill(&from, SPAN("caf\xc3\xa9 \r\n"), true);
    assert_int_equal(content_encode(&from, &to, &e), 0);
    assert_int_equal(to.size, from.size / 8 * 14);
    struct body_piece piece = { 0 };
    assert_int_equal(body_next(&to, to.size - 28, 100, &piece, &e), 1);
    assert_true(span_is(piece.octets, "caf=C3=A9=20\r\ncaf=C3=A9=20\r\n"));
    body_piece_done(&piece);
    body_done(&from);
    body_done(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_charset),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
