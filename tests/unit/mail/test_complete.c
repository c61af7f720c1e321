#include "mail/complete.h"

#include "mail_text.h"

#define FULL  "From: x@y.example\r\nDate: d\r\nMessage-ID: <i>\r\n"
#define DATE  "Date: " TEXT_DATE "\r\n"
#define ID(d) "Message-ID: <" TEXT_ID "@" d ">\r\n"

static const struct addr me = { .local = "me", .domain = "example.org" };
static const struct mail_opts usual = { .set_date = true, .set_message_id = true };

struct row {
    const char *in;
    const char *out;
};

static const struct row rows[] = {
    { "", "From: Joe Doe <me@example.org>\r\n" DATE ID("example.org") },
    { "Subject: s\r\n", "Subject: s\r\nFrom: Joe Doe <me@example.org>\r\n" DATE ID("example.org") },
    { FULL, FULL },
    { "mEsSage-id : <x>\r\nFROM: a\r\ndate:\r\n d\r\n",
      "mEsSage-id : <x>\r\nFROM: a\r\ndate:\r\n d\r\n" },
    { "From:\r\nDate: d\r\nMessage-ID:  \r\nX: y\r\n",
      "From: Joe Doe <me@example.org>\r\nDate: d\r\n" ID("example.org") "X: y\r\n" },
    { "From: <>\r\nDate: d\r\nMessage-ID: <i>\r\n",
      "From: Joe Doe <me@example.org>\r\nDate: d\r\nMessage-ID: <i>\r\n" },
    /* sent again: in front of the newest Resent- fields, and nothing else */
    { "X: y\r\nResent-To: a@b\r\nTo: c@d\r\n",
      "X: y\r\nResent-From: Joe Doe <me@example.org>\r\nResent-" DATE
      "Resent-" ID("example.org") "Resent-To: a@b\r\nTo: c@d\r\n" },
    { "Resent-Message-ID: <i>\r\nresent-from: x@y\r\nTo: c@d\r\nResent-Date: d\r\n",
      "Resent-Message-ID: <i>\r\nresent-from: x@y\r\nTo: c@d\r\nResent-Date: d\r\n" },
    { "Resent-To: a\r\nReceived: by x\r\nResent-From: f\r\nResent-Date: d\r\n",
      "Resent-From: Joe Doe <me@example.org>\r\nResent-" DATE "Resent-" ID(
          "example.org") "Resent-To: a\r\nReceived: by x\r\nResent-From: f\r\nResent-Date: d\r\n" },
    { "Resent-From: n\r\nResent-To: a\r\nResent-From: f\r\nResent-Date: d\r\nResent-Message-ID: "
      "i\r\n",
      "Resent-" DATE
      "Resent-" ID("example.org") "Resent-From: n\r\nResent-To: a\r\n"
                                  "Resent-From: f\r\nResent-Date: d\r\nResent-Message-ID: i\r\n" },
    { "Resent-Bcc: a\r\n" FULL,
      "Resent-From: Joe Doe <me@example.org>\r\nResent-" DATE "Resent-" ID("example.org") FULL },
};

/* Completes the header of `in`; what came out is appended to `out`. */
static int run(const struct plan_facts *facts, const char *in, struct buf *out, struct err *e)
{
    ARENA a = { 0 };
    struct edit ed;
    struct message m = { 0 };
    text_message(span_of(in), &m);
    edit_init(&ed, &a, &m, facts);
    int result = complete_header(&ed, e);
    if (result == 0)
        text_print(&ed.header, out);
    message_done(&m);
    return result;
}

static void check(const struct plan_facts *facts, const char *in, const char *want)
{
    ERR e = { 0 };
    BUF out = { 0 };
    assert_int_equal(run(facts, in, &out, &e), 0);
    assert_string_equal(buf_string(&out), want);
}

static void test_rows(void **state)
{
    (void)state;
    struct plan_facts facts = text_facts(&usual, &me);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&facts, rows[i].in, rows[i].out);
}

static void test_switches(void **state)
{
    (void)state;
    struct mail_opts opts = { .undisclosed_recipients = true };
    struct plan_facts facts = text_facts(&opts, &me);
    check(&facts, "From: a\r\n", "From: a\r\nTo: undisclosed-recipients:;\r\n");
    check(&facts, "From: a\r\nCc: b\r\n", "From: a\r\nCc: b\r\n");
    check(&facts, "to: c\r\nFrom: a\r\n", "to: c\r\nFrom: a\r\n");
    check(&facts, "From: a\r\nBcc: b\r\n", "From: a\r\nTo: undisclosed-recipients:;\r\n");
    check(&facts, "Resent-From: a\r\n", "Resent-From: a\r\n");
}

/* -F, else from_name, else NAME or GECOS. */
static void test_full_name(void **state)
{
    (void)state;
    struct mail_opts opts = { .from_name = "Config" };
    struct plan_facts facts = text_facts(&opts, &me);
    check(&facts, "", "From: Config <me@example.org>\r\n");
    facts.given_name = "A. B, \"C\"";
    check(&facts, "", "From: \"A. B, \\\"C\\\"\" <me@example.org>\r\n");
    facts.given_name = "J\xc3\xb6rg M";
    check(&facts, "", "From: =?utf-8?Q?J=C3=B6rg_M?= <me@example.org>\r\n");
    facts.given_name = "";
    check(&facts, "", "From: me@example.org\r\n");
    facts.given_name = "a\r\nBcc: x@y";
    check(&facts, "", "From: \"a  Bcc: x@y\" <me@example.org>\r\n");
    opts.from_name = NULL;
    facts.given_name = NULL;
    facts.full_name = "";
    check(&facts, "", "From: me@example.org\r\n");
}

static void test_null_sender(void **state)
{
    (void)state;
    static const struct addr null = { .local = "", .domain = "", .null = true };
    struct mail_opts opts = { .maildomain = "d.example" };
    struct plan_facts facts = text_facts(&opts, &null);
    check(&facts, "", "From: Mail Delivery System <MAILER-DAEMON@d.example>\r\n");
    opts.from = "me@account.example";
    check(&facts, "", "From: Mail Delivery System <MAILER-DAEMON@account.example>\r\n");
    opts = (struct mail_opts){ 0 };
    check(&facts, "", "From: Mail Delivery System <MAILER-DAEMON@h>\r\n");
}

/* The domain of Message-ID: this host's name only if nothing better is known. */
static const struct {
    const char *sender;
    const char *from;
    const char *maildomain;
    const char *domain;
} domains[] = {
    { "x.example", "a@y.example", "z.example", "x.example" },
    { "b\xc3\xbc"
      "cher.example",
      NULL, NULL, "xn--bcher-kva.example" },
    { "[192.0.2.1]", NULL, NULL, "[192.0.2.1]" },
    { "h", "a@y.example", "z.example", "y.example" },
    { "h.lan", NULL, "z.example", "z.example" },
    { "z", NULL, "z", "z" },
    { "localhost", NULL, NULL, "localhost" },
    { "a b", NULL, NULL, "h" },
};

static void test_message_id_domain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        ARENA a = { 0 };
        struct addr addr = { .local = "me", .domain = domains[i].sender };
        struct mail_opts opts = { .from = domains[i].from,
                                  .maildomain = domains[i].maildomain,
                                  .set_message_id = true };
        struct plan_facts facts = text_facts(&opts, &addr);
        check(&facts, "From: a\r\n",
              arena_printf(&a, "From: a\r\nMessage-ID: <" TEXT_ID "@%s>\r\n", domains[i].domain));
    }
}

static void test_sender_without_wire_form(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF out = { 0 };
    struct addr addr = { .local = "me", .domain = "a b" };
    struct plan_facts facts = text_facts(&usual, &addr);
    assert_int_equal(run(&facts, "", &out, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_int_equal(run(&facts, "Resent-To: a\r\n", &out, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_full_name),
        cmocka_unit_test(test_null_sender),
        cmocka_unit_test(test_message_id_domain),
        cmocka_unit_test(test_sender_without_wire_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
