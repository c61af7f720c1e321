#include "smtp/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_mail(void **state)
{
    (void)state;
    static const struct {
        const char *sender;
        struct mail_params params;
        const char *out; /* NULL: refused */
    } rows[] = {
        { "a@b.c", { 0 }, "MAIL FROM:<a@b.c>\r\n" },
        { "", { 0 }, "MAIL FROM:<>\r\n" },
        { "\"a b\"@c", { 0 }, "MAIL FROM:<\"a b\"@c>\r\n" },
        { "\"a\\\"> b\"@c", { 0 }, "MAIL FROM:<\"a\\\"> b\"@c>\r\n" },
        { "a@b",
          { .size = true, .size_value = 12, .body_8bit = true, .smtputf8 = true },
          "MAIL FROM:<a@b> SIZE=12 BODY=8BITMIME SMTPUTF8\r\n" },
        { "a@b",
          { .ret = DSN_RETURN_HDRS, .envid = "x+y=z \xc3\xa9" },
          "MAIL FROM:<a@b> RET=HDRS ENVID=x+2By+3Dz+20+C3+A9\r\n" },
        { "a@b\r\nRCPT TO:<c@d>", { 0 }, NULL },
        { "a@b\n", { 0 }, NULL },
        { "a b@c", { 0 }, NULL },
        { "a@b>", { 0 }, NULL },
        { "<a@b", { 0 }, NULL },
        { "\"a@b", { 0 }, NULL },
        { "\"a\\\r\"@b", { 0 }, NULL },
        { "a\x7f@b", { 0 }, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        int done = command_mail(&out, rows[i].sender, &rows[i].params, &e);
        assert_int_equal(done, rows[i].out ? 0 : -1);
        assert_string_equal(buf_string(&out), rows[i].out ? rows[i].out : "");
        if (!rows[i].out)
            assert_int_equal(e.kind, ERR_DATA);
    }
}

static void test_rcpt(void **state)
{
    (void)state;
    BUF out = { 0 };
    ERR e = { 0 };
    assert_int_equal(command_rcpt(&out, "a@b", 0, &e), 0);
    assert_int_equal(command_rcpt(&out, "a@b", DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY, &e), 0);
    assert_int_equal(command_rcpt(&out, "a@b", DSN_NOTIFY_NEVER, &e), 0);
    assert_string_equal(buf_string(&out), "RCPT TO:<a@b>\r\nRCPT TO:<a@b> NOTIFY=FAILURE,DELAY\r\n"
                                          "RCPT TO:<a@b> NOTIFY=NEVER\r\n");
    assert_int_equal(command_rcpt(&out, "", 0, &e), -1);
    assert_int_equal(command_rcpt(&out, "a@b> NOTIFY=NEVER", 0, &e), -1);
}

static void test_hello(void **state)
{
    (void)state;
    BUF out = { 0 };
    ERR e = { 0 };
    assert_int_equal(command_hello(&out, "EHLO", "[IPv6:::1]", &e), 0);
    assert_string_equal(buf_string(&out), "EHLO [IPv6:::1]\r\n");
    assert_int_equal(command_hello(&out, "EHLO", "a b", &e), -1);
    assert_int_equal(command_hello(&out, "EHLO", "a\r\nb", &e), -1);
    assert_int_equal(command_hello(&out, "EHLO", "", &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_rcpt),
        cmocka_unit_test(test_hello),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
