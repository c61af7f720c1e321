#include "mail/wire.h"

#include <unistd.h>

#include "mail_text.h"

static void collect(const struct stored *s, bool downgrade, struct buf *out)
{
    ERR e = { 0 };
    struct wire w;
    struct span piece;
    uint64_t size = 0;
    int more;
    wire_init(&w, s, downgrade);
    while ((more = wire_next(&w, &piece, &e)) > 0)
        buf_add_span(out, piece);
    assert_int_equal(more, 0);
    assert_int_equal(wire_next(&w, &piece, &e), 0);
    wire_done(&w);
    assert_int_equal(wire_size(s, downgrade, &size, &e), 0);
    assert_int_equal(size, out->len);
}

static void fill(struct stored *s, const char *header, struct span body, bool qp_allowed)
{
    ERR e = { 0 };
    *s = (struct stored){ .qp_allowed = qp_allowed, .message_id = "" };
    buf_add_string(&s->header, header);
    assert_int_equal(body_add(&s->body, body, &e), 0);
}

static const struct {
    const char *header;
    struct span body;
    bool qp_allowed;
    const char *downgraded; /* NULL: as it was */
} rows[] = {
    { "A: b\r\n\r\n", SPAN("caf\xc3\xa9\r\n"), true,
      "A: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9\r\n" },
    { "MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\nContent-Type: text/html\r\n\r\n",
      SPAN("\xff \r\n.\r\n"), true,
      "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n"
      "Content-Type: text/html\r\n\r\n=FF=20\r\n.\r\n" },
    { "A: b\r\n\r\n", SPAN("caf\xe9\r\n"), true,
      "A: b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n" },
    { "\r\n", SPAN(""), true,
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n" },
    { "A: b\r\n\r\n", SPAN("caf\xc3\xa9\r\n"), false, NULL },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        BUF plain = { 0 };
        BUF encoded = { 0 };
        struct stored s;
        fill(&s, rows[i].header, rows[i].body, rows[i].qp_allowed);
        const char *as_is = arena_printf(&a, "%s%.*s", rows[i].header, SPAN_ARGS(rows[i].body));
        collect(&s, false, &plain);
        assert_string_equal(buf_string(&plain), as_is);
        collect(&s, true, &encoded);
        assert_string_equal(buf_string(&encoded), rows[i].downgraded ? rows[i].downgraded : as_is);
        stored_done(&s);
    }
}

/* Large bodies come out of the file whole; a blank at the end of a piece is not lost. */
static void test_large(void **state)
{
    (void)state;
    BUF body = { 0 };
    BUF plain = { 0 };
    BUF encoded = { 0 };
    struct stored s;
    while (body.len < 2 * BODY_MEMORY + 1000)
        buf_add_string(&body, "12345 \xc3\xa9\r\n"); /* 10 octets */
    fill(&s, "\r\n", buf_span(&body), true);
    collect(&s, false, &plain);
    assert_int_equal(plain.len, body.len + 2);
    assert_memory_equal(plain.at + 2, body.at, body.len);
    collect(&s, true, &encoded);
    const char *text = strstr(buf_string(&encoded), "\r\n\r\n") + 4;
    size_t lines = body.len / 10;
    assert_int_equal(strlen(text), lines * 14);
    for (size_t i = 0; i < lines; i++)
        assert_memory_equal(text + i * 14, "12345 =C3=A9\r\n", 14);
    stored_done(&s);
}

static void test_pieces_that_vanish_in_the_encoder(void **state)
{
    (void)state;
    BUF encoded = { 0 };
    struct stored s;
    fill(&s, "Content-Type: text/x\r\nMIME-Version: 1\r\n\r\n", SPAN(" "), true);
    collect(&s, true, &encoded);
    assert_non_null(strstr(buf_string(&encoded), "\r\n\r\n=20\r\n"));
    stored_done(&s);
}

static void test_memory_is_lent(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct stored s;
    struct wire w;
    struct span piece;
    fill(&s, "\r\n", SPAN("hello\r\n"), true);
    wire_init(&w, &s, false);
    assert_int_equal(wire_next(&w, &piece, &e), 1);
    assert_ptr_equal(piece.at, s.header.at);
    assert_int_equal(wire_next(&w, &piece, &e), 1);
    assert_ptr_equal(piece.at, s.body.memory.at);
    wire_done(&w);
    stored_done(&s);
}

static void test_lost_file(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF body = { 0 };
    struct stored s;
    struct wire w;
    struct span piece;
    while (body.len <= BODY_MEMORY)
        buf_add_string(&body, "0123456789\r\n");
    fill(&s, "\r\n", buf_span(&body), true);
    assert_int_equal(ftruncate(s.body.fd, 1000), 0);
    wire_init(&w, &s, false);
    assert_int_equal(wire_next(&w, &piece, &e), 1);
    assert_int_equal(wire_next(&w, &piece, &e), 1);
    assert_int_equal(piece.len, 1000);
    assert_int_equal(wire_next(&w, &piece, &e), -1);
    assert_int_equal(e.kind, ERR_IO);
    wire_done(&w);
    stored_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_pieces_that_vanish_in_the_encoder),
        cmocka_unit_test(test_memory_is_lent),
        cmocka_unit_test(test_lost_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
