#include "mail_text.h"

static const struct mail_opts opts = { 0 };
static const struct addr sender = { .local = "me", .domain = "example.org" };

static const struct {
    const char *in;
    const char *out;
    bool resent;
    bool is_signed;
} rows[] = {
    { "", "\r\n", false, false },
    { "A: 1\nBcc: x@y\n z@y\nB: 2\n", "A: 1\r\nB: 2\r\n\r\n", false, false },
    { "bCc : x@y\nBCC:\n\tz@y\nbcc:\nBcc: w@y\n", "\r\n", false, false },
    { "Return-Path: <a@b>\nContent-length: 5\nX-Bcc: 1\n", "X-Bcc: 1\r\n\r\n", false, false },
    { "resent-bcc: x@y\nTo: a@b\n", "To: a@b\r\n\r\n", true, false },
    { "Resent-Foo: x\n", "Resent-Foo: x\r\n\r\n", true, false },
    { "dkim-signature: v=1\nBcc: x\n", "dkim-signature: v=1\r\n\r\n", false, true },
    { "Subject:  odd   \n\t blanks \n", "Subject:  odd   \r\n\t blanks \r\n\r\n", false, false },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        BUF out = { 0 };
        struct edit ed;
        struct message m = { 0 };
        struct plan_facts facts = text_facts(&opts, &sender);
        text_message(span_of(rows[i].in), &m);
        size_t n = m.header.n;
        edit_init(&ed, &a, &m, &facts);
        edit_print(&ed, &out);
        assert_string_equal(buf_string(&out), rows[i].out);
        assert_int_equal(ed.is_resent, rows[i].resent);
        assert_int_equal(ed.is_signed, rows[i].is_signed);
        assert_int_equal(m.header.n, n);
        message_done(&m);
    }
}

static void test_long_field_is_folded_and_noted(void **state)
{
    (void)state;
    ARENA a = { 0 };
    BUF in = { 0 };
    BUF out = { 0 };
    struct edit ed;
    struct message m = { 0 };
    struct plan_facts facts = text_facts(&opts, &sender);
    buf_add_string(&in, "X-Long:");
    while (in.len < 1500)
        buf_add_string(&in, " w");
    buf_add_string(&in, "\n\n");
    text_message(buf_span(&in), &m);
    edit_init(&ed, &a, &m, &facts);
    edit_print(&ed, &out);
    assert_non_null(strstr(buf_string(&out), " w\r\n w"));
    assert_true(text_has_note(&ed.notes, "X-Long: folded"));
    message_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_long_field_is_folded_and_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
