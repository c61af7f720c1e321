#include "mail/plan.h"

#include "mail_text.h"

#define DATE "Date: " TEXT_DATE "\r\n"
#define ID   "Message-ID: <" TEXT_ID "@example.org>\r\n"
#define FROM "From: Joe Doe <acct@example.org>\r\n"
#define FULL "From: acct@example.org\r\nDate: d\r\nMessage-ID: <i@x>\r\n"

static const struct addr acct = { .local = "acct", .domain = "example.org" };
static const struct mail_opts usual = {
    .from = "acct@example.org",
    .maildomain = "d.example",
    .set_date = true,
    .set_message_id = true,
};

struct row {
    struct span in;
    const char *header;
    const char *body;
};

static const struct row rows[] = {
    /* the compatibility tests of cron, PHP, Resent and degenerate input */
    { SPAN("From: root (Cron Daemon)\nTo: root\nSubject: Cron <joe@h> x\nMIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
           "X-Cron-Env: <SHELL=/bin/sh>\n\n\xc3\xa9\n.\nlast"),
      "From: \"Cron Daemon (root@h)\" <acct@example.org>\r\nTo: root@d.example\r\n"
      "Subject: Cron <joe@h> x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\nX-Cron-Env: <SHELL=/bin/sh>\r\n" DATE ID,
      "\xc3\xa9\r\n.\r\nlast\r\n" },
    { SPAN("To: a@example.net\r\nSubject: t\r\nFrom: x@example.org\r\nReply-To: q@example.org\r\n\n"
           "To: not@a.recipient\nl2\r\n\r\n"),
      "To: a@example.net\r\nSubject: t\r\nFrom: x@example.org\r\nReply-To: q@example.org\r\n" DATE
          ID,
      "To: not@a.recipient\r\nl2\r\n\r\n" },
    { SPAN("Resent-From: me@example.org\nResent-To: r@example.net\nResent-Bcc: s@example.net\n"
           "From: o@example.com\nTo: old@example.net\nBcc: hidden@example.net\n"
           "Date: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <1@example.com>\n\nb\n"),
      "Resent-" DATE "Resent-" ID "Resent-From: me@example.org\r\nResent-To: r@example.net\r\n"
      "From: o@example.com\r\nTo: old@example.net\r\n"
      "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n",
      "b\r\n" },
    { SPAN("hello\nworld\n"), FROM DATE ID, "hello\r\nworld\r\n" },
    { SPAN(""), FROM DATE ID, "" },
    { SPAN("Subject: t\nX: y\n"), "Subject: t\r\nX: y\r\n" FROM DATE ID, "" },
    { SPAN("Subject: t\nno header here\nz: 1\n"), "Subject: t\r\n" FROM DATE ID,
      "no header here\r\nz: 1\r\n" },
    { SPAN("From joe Thu Jan  1 00:00:00 2026\nSubject: t\n\nb\n"), "Subject: t\r\n" FROM DATE ID,
      "b\r\n" },
    { SPAN("From:\nSubject: t\n\n"), FROM "Subject: t\r\n" DATE ID, "" },
    /* a signature keeps the header as it is */
    { SPAN("DKIM-Signature: v=1\nFrom: root\nBcc: x@y\nTo: root\n\nb\n"),
      "DKIM-Signature: v=1\r\nFrom: root\r\nTo: root\r\n", "b\r\n" },
};

static void store(const struct mail_opts *opts, struct arena *a, struct span in, struct stored *ret)
{
    ERR e = { 0 };
    struct message m = { 0 };
    struct plan_facts facts = text_facts(opts, &acct);
    text_message(in, &m);
    assert_int_equal(plan_store(a, &m, &facts, ret, &e), 0);
    message_done(&m);
}

static void assert_stored(const struct stored *s, const char *header, const char *body)
{
    struct span got = body_borrow_at(&s->body, 0);
    assert_int_equal(s->header.len, strlen(header) + 2);
    assert_memory_equal(s->header.at, header, strlen(header));
    assert_string_equal(buf_string(&s->header) + strlen(header), "\r\n");
    assert_int_equal(got.len, strlen(body));
    assert_memory_equal(got.at, body, got.len);
    assert_int_equal(stored_size(s), strlen(header) + 2 + strlen(body));
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct stored s = { 0 };
        store(&usual, &a, rows[i].in, &s);
        assert_stored(&s, rows[i].header, rows[i].body);
        stored_done(&s);
    }
}

static const struct {
    struct span in;
    bool eight_bit;
    bool utf8_addresses;
    bool qp_allowed;
    const char *message_id;
    const char *note;
} flags[] = {
    { SPAN(FULL "\nb\n"), false, false, true, "<i@x>", NULL },
    { SPAN(FULL "Subject: \xc3\xa9\n\nb\n"), true, false, true, "<i@x>", NULL },
    { SPAN(FULL "\n\xc3\xa9\n"), true, false, true, "<i@x>", NULL },
    { SPAN(FULL "Bcc: \xc3\xa9@x\n\nb\n"), false, false, true, "<i@x>", NULL },
    { SPAN(FULL "To: \xc3\xa9@x.example\n\nb\n"), true, true, true, "<i@x>", NULL },
    { SPAN(FULL "Content-Type: multipart/mixed\n\n\xc3\xa9\n"), true, false, false, "<i@x>", NULL },
    { SPAN(FULL "DKIM-Signature: x\n\nb\n"), false, false, false, "<i@x>", "DKIM-Signature" },
    { SPAN("From: a@b.example\n"), false, false, true, "<" TEXT_ID "@example.org>", NULL },
    { SPAN("From: a@b.example\nResent-To: c@d.example\n"), false, false, true,
      "<" TEXT_ID "@example.org>", NULL },
    { SPAN("From: a@b.example\nMessage-ID: <i@x>\nResent-To: c@d.example\n"), false, false, true,
      "<i@x>", NULL },
    { SPAN("From: a@b.example\nDKIM-Signature: x\n"), false, false, false, "", "DKIM-Signature" },
    { SPAN(FULL "X: a\rb\n\nb\n"), false, false, true, "<i@x>", "header: 1 bare CR" },
    { SPAN(FULL "\na\0\0\n"), false, false, true, "<i@x>", "body: 2 NUL" },
    { SPAN("From: root\n"), false, false, true, "<" TEXT_ID "@example.org>",
      "From: root@h became acct@example.org" },
};

static void test_flags_and_notes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        ARENA a = { 0 };
        struct stored s = { 0 };
        store(&usual, &a, flags[i].in, &s);
        assert_int_equal(s.eight_bit, flags[i].eight_bit);
        assert_int_equal(s.utf8_addresses, flags[i].utf8_addresses);
        assert_int_equal(s.qp_allowed, flags[i].qp_allowed);
        assert_string_equal(s.message_id, flags[i].message_id);
        assert_int_equal(s.notes.n, flags[i].note ? 1 : 0);
        assert_true(!flags[i].note || text_has_note(&s.notes, flags[i].note));
        stored_done(&s);
    }
}

/* A body line of 1200 octets under several headers. */
static const struct {
    const char *fields;
    const char *more; /* behind the fields */
    bool encoded;
    const char *note;
} long_rows[] = {
    { "",
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n",
      true, "body: quoted-printable" },
    { "Content-Type: text/html\r\n",
      "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n", true,
      "body: quoted-printable" },
    { "Content-Type: multipart/mixed; boundary=b\r\n", "", false, "body: cut at 998" },
    { "Content-Transfer-Encoding: base64\r\n", "", false, "body: cut at 998" },
    { "DKIM-Signature: x\r\n", "", false, "body: cut at 998" },
};

static void test_long_body_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof long_rows / sizeof *long_rows; i++) {
        ARENA a = { 0 };
        struct stored s = { 0 };
        BUF in = { 0 };
        buf_addf(&in, "%s%s\r\n", FULL, long_rows[i].fields);
        for (int n = 0; n < 600; n++)
            buf_add_string(&in, "\xc3\xa9");
        store(&usual, &a, buf_span(&in), &s);
        const char *header =
            arena_printf(&a, "%s%s%s\r\n", FULL, long_rows[i].fields, long_rows[i].more);
        assert_string_equal(buf_string(&s.header), header);
        assert_int_equal(s.eight_bit, !long_rows[i].encoded);
        assert_int_equal(s.body.size, long_rows[i].encoded ? 600 * 6 + 47 * 3 + 2 : 1204);
        assert_true(text_has_note(&s.notes, long_rows[i].note));
        assert_false(s.qp_allowed);
        stored_done(&s);
    }
}

static void test_failure_leaves_all(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct message m = { 0 };
    struct stored s = { .message_id = "untouched" };
    struct mail_opts opts = { 0 };
    struct plan_facts facts = text_facts(&opts, &acct);
    text_message(SPAN("From: root\n\nbody\n"), &m);
    assert_int_equal(plan_store(&a, &m, &facts, &s, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(s.message_id, "untouched");
    assert_int_equal(m.body.size, 6);
    message_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_flags_and_notes),
        cmocka_unit_test(test_long_body_lines),
        cmocka_unit_test(test_failure_leaves_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
