#include "mail/rewrite.h"

#include "mail_text.h"

static const struct addr sender = { .local = "acct", .domain = "example.org" };
static const struct mail_opts account = { .from = "acct@example.org", .maildomain = "d.example" };
static const struct mail_opts domain = { .maildomain = "d.example" };
static const struct mail_opts always = { .from = "acct@example.org",
                                         .rewrite_from = REWRITE_ALWAYS };
static const struct mail_opts never = { .from = "acct@example.org",
                                        .maildomain = "d.example",
                                        .rewrite_from = REWRITE_NEVER };
static const struct mail_opts nothing = { 0 };

struct row {
    const struct mail_opts *opts;
    const char *in;
    const char *out; /* NULL: as it was */
};

static const struct row rows[] = {
    /* From by the account's address, with the name kept */
    { &account, "From: root (Cron Daemon)\r\n",
      "From: \"Cron Daemon (root@h)\" <acct@example.org>\r\n" },
    { &account, "From: Anacron <root>\r\n", "From: \"Anacron (root@h)\" <acct@example.org>\r\n" },
    { &account, "From: root\r\n", "From: \"root@h\" <acct@example.org>\r\n" },
    { &account, "fROM : www@localhost\r\n", "fROM : \"www@localhost\" <acct@example.org>\r\n" },
    { &account, "From: =?utf-8?Q?J=C3=B6rg?= <j@h>\r\n",
      "From: =?utf-8?Q?J=C3=B6rg?= \"(j@h)\" <acct@example.org>\r\n" },
    { &account, "From:  \"A, B\" <a@x.local> ,\r\n\tb@example.net (B)\r\n",
      "From:  \"A, B (a@x.local)\" <acct@example.org> ,\r\n\tb@example.net (B)\r\n" },
    { &account, "Sender: root\r\nResent-From: R <r@h>\r\nResent-Sender: s\r\n",
      "Sender: \"root@h\" <acct@example.org>\r\n"
      "Resent-From: \"R (r@h)\" <acct@example.org>\r\n"
      "Resent-Sender: \"s@h\" <acct@example.org>\r\n" },
    /* by the domain alone: only the address changes */
    { &domain, "From: root (Cron Daemon)\r\n", "From: root@d.example (Cron Daemon)\r\n" },
    { &domain, "From: \"Q\" <\"a b\"@localhost> (c)\r\n",
      "From: \"Q\" <\"a b\"@d.example> (c)\r\n" },
    /* deliverable: nothing changes, not an octet */
    { &account, "From:(c)\t<x@example.net>\r\n  (d)\r\nSender:  y@d.example\r\n", NULL },
    { &account, "From: acct@example.org\r\nReply-To: a@localhost\r\nTo: b@h\r\n", NULL },
    /* bare addresses */
    { &account, "To: root, \"B\" <b>,\r\n c@x.example (c), G: d, e@y.example;\r\n",
      "To: root@d.example, \"B\" <b@d.example>,\r\n c@x.example (c), G: d@d.example, "
      "e@y.example;\r\n" },
    { &account, "Cc: a (A)\r\nReply-To: b\r\nResent-To: c\r\nResent-Cc: d\r\n",
      "Cc: a@d.example (A)\r\nReply-To: b@d.example\r\nResent-To: c@d.example\r\n"
      "Resent-Cc: d@d.example\r\n" },
    { &nothing, "To: root\r\nCc: a (A)\r\n", NULL },
    { &account, "X-To: root\r\nSubject: root\r\nApparently-To: root\r\n", NULL },
    { &account, "To: undisclosed-recipients:;\r\nCc:\r\n", NULL },
    /* what cannot be parsed is no business of ours */
    { &account, "From: no address here\r\nTo: a@b c@d\r\nCc: (\r\n", NULL },
    /* always */
    { &always, "From: Al <al@x.example>\r\nTo: b@c.example\r\n",
      "From: \"Al (al@x.example)\" <acct@example.org>\r\nReply-To: Al <al@x.example>\r\n"
      "To: b@c.example\r\n" },
    { &always, "From: al@x.example, b@localhost, c@y.example\r\n",
      "From: \"al@x.example\" <acct@example.org>, \"b@localhost\" <acct@example.org>, "
      "\"c@y.example\" <acct@example.org>\r\nReply-To: al@x.example, c@y.example\r\n" },
    { &always, "Reply-To: r@x.example\r\nFrom: al@x.example\r\nSender: s@x.example\r\n",
      "Reply-To: r@x.example\r\nFrom: \"al@x.example\" <acct@example.org>\r\n"
      "Sender: \"s@x.example\" <acct@example.org>\r\n" },
    { &always, "From: Me <acct@EXAMPLE.ORG>\r\n", NULL },
    /* never */
    { &never, "From: root\r\nSender: a b c\r\nTo: b\r\n",
      "From: root\r\nSender: a b c\r\nTo: b@d.example\r\n" },
};

/* Rewrites the header of `in`; what came out is appended to `out`. */
static int run(const struct mail_opts *opts, struct span in, struct buf *out, struct err *e)
{
    ARENA a = { 0 };
    struct edit ed;
    struct message m = { 0 };
    struct plan_facts facts = text_facts(opts, &sender);
    text_message(in, &m);
    edit_init(&ed, &a, &m, &facts);
    int result = rewrite_header(&ed, e);
    if (result == 0)
        text_print(&ed.header, out);
    message_done(&m);
    return result;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF out = { 0 };
        BUF again = { 0 };
        const char *want = rows[i].out ? rows[i].out : rows[i].in;
        assert_int_equal(run(rows[i].opts, span_of(rows[i].in), &out, &e), 0);
        assert_string_equal(buf_string(&out), want);
        assert_int_equal(run(rows[i].opts, buf_span(&out), &again, &e), 0);
        assert_string_equal(buf_string(&again), want);
    }
}

static const struct {
    const struct mail_opts *opts;
    struct span in;
    enum err_kind kind;
} failures[] = {
    { &nothing, SPAN("From: root\n"), ERR_CONFIG },
    { &account, SPAN("From: ro\rot\n"), ERR_DATA },
    { &account, SPAN("From: root\0\n"), ERR_DATA },
    { &account, SPAN("From: x@y.example\r z\n"), ERR_DATA },
    { &account, SPAN("To: a@b.example,\n c\0\n"), ERR_DATA },
    { &always, SPAN("From: no address\n"), ERR_DATA },
};

static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        ERR e = { 0 };
        BUF out = { 0 };
        assert_int_equal(run(failures[i].opts, failures[i].in, &out, &e), -1);
        assert_int_equal(e.kind, failures[i].kind);
    }
}

static void test_cleaned_but_unchanged(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF out = { 0 };
    assert_int_equal(run(&account, SPAN("From: \"A\rB\" <a@b.example>\n"), &out, &e), 0);
    assert_string_equal(buf_string(&out), "From: \"A B\" <a@b.example>\r\n");
}

static const struct {
    const char *block;
    bool utf8;
} utf8_rows[] = {
    { "To: a@b.example\r\nSubject: \xc3\xa9@x.example\r\n", false },
    { "To: \xc3\xa9 <a@b.example>\r\n", false },
    { "To: a@\xc3\xa9.example\r\n", false },
    { "To: a@b.example, \xc3\xa9@b.example\r\n", true },
    { "reply-to: <\xc3\xa9@b.example>\r\n", true },
    { "To: \xc3\xa9@b.example c@d\r\n", false },
};

static void test_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof utf8_rows / sizeof *utf8_rows; i++) {
        ARENA a = { 0 };
        struct header h;
        header_parse(&a, span_of(utf8_rows[i].block), &h);
        assert_int_equal(rewrite_finds_utf8(&h), utf8_rows[i].utf8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_cleaned_but_unchanged),
        cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
