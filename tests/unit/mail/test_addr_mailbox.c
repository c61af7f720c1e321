#include "mail/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *mailbox;
    } rows[] = {
        { NULL, "joe@a.example" },
        { "", "joe@a.example" },
        { " \t", "joe@a.example" },
        { "Joe Doe", "Joe Doe <joe@a.example>" },
        { "Cron Daemon (root@web1)", "\"Cron Daemon (root@web1)\" <joe@a.example>" },
        { "Joe Q. Doe", "\"Joe Q. Doe\" <joe@a.example>" },
        { "A. B, \"C\" \\", "\"A. B, \\\"C\\\" \\\\\" <joe@a.example>" },
        { "Joe <evil@b.example>,", "\"Joe <evil@b.example>,\" <joe@a.example>" },
        { "Joe\r\nBcc: x", "\"Joe  Bcc: x\" <joe@a.example>" },
        { "Joe\x1b[31m", "\"Joe [31m\" <joe@a.example>" },
        { "=?UTF-8?Q?J=C3=B6rg?=", "=?UTF-8?Q?J=C3=B6rg?= <joe@a.example>" },
        { "=?UTF-8?Q?J=C3=B6rg?= (root@web1)",
          "=?UTF-8?Q?J=C3=B6rg?= \"(root@web1)\" <joe@a.example>" },
        { "A. =?UTF-8?Q?B?= =?UTF-8?Q?C?= D, E",
          "\"A.\" =?UTF-8?Q?B?= =?UTF-8?Q?C?= \"D, E\" <joe@a.example>" },
        { "=?UTF-8?Q?J,?=", "\"=?UTF-8?Q?J,?=\" <joe@a.example>" },
        { "=?x?=", "=?x?= <joe@a.example>" },
    };
    struct addr addr = { .local = "joe", .domain = "a.example" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        assert_int_equal(addr_add_mailbox(&out, rows[i].name, &addr, &e), 0);
        assert_string_equal(buf_string(&out), rows[i].mailbox);
    }
}

static void test_non_ascii_name(void **state)
{
    (void)state;
    BUF out = { 0 };
    ERR e = { 0 };
    struct addr addr = { .local = "joe", .domain = "bücher.example" };
    assert_int_equal(addr_add_mailbox(&out, "Jörg", &addr, &e), 0);
    struct span text = buf_span(&out);
    assert_true(span_istarts(text, "=?utf-8?"));
    assert_true(span_is(span_from(text, text.len - 31), "?= <joe@xn--bcher-kva.example>") ||
                span_is(span_from(text, text.len - 30), "?= <joe@xn--bcher-kva.example>"));
    for (size_t i = 0; i < text.len; i++)
        assert_true((unsigned char)text.at[i] < 128);
}

static void test_null_and_refused(void **state)
{
    (void)state;
    BUF out = { 0 };
    ERR e = { 0 };
    struct addr null = { .local = "", .domain = "", .null = true };
    struct addr bad = { .local = "joe", .domain = "a b" };
    assert_int_equal(addr_add_mailbox(&out, NULL, &null, &e), 0);
    assert_string_equal(buf_string(&out), "<>");
    assert_int_equal(addr_add_mailbox(&out, "Joe", &bad, &e), -1);
    assert_string_equal(buf_string(&out), "<>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_non_ascii_name),
        cmocka_unit_test(test_null_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
