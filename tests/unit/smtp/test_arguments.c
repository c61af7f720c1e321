#include "smtp/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_mail_paths(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path; /* NULL: ARGUMENTS_SYNTAX */
    } rows[] = {
        { "FROM:<a@b>", "<a@b>" },
        { "from: <a@b>", "<a@b>" },
        { "FROM:<>", "<>" },
        { "FROM:a@b", "a@b" },
        { "FROM:<\"a> b\"@c>", "<\"a> b\"@c>" },
        { "FROM:<\"a\\\"> b\"@c>", "<\"a\\\"> b\"@c>" },
        { "FROM:<@r,@s:a@b>", "<@r,@s:a@b>" },
        { "FROM:\"a b\"@c SIZE=5", "\"a b\"@c" },
        { "FROM:<a@b>SIZE=5", NULL },
        { "FROM:<a@b", NULL },
        { "FROM:<\"a@b>", NULL },
        { "FROM:", NULL },
        { "FROM: ", NULL },
        { "FROM", NULL },
        { "<a@b>", NULL },
        { "TO:<a@b>", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mail_arguments a = { 0 };
        enum arguments_fault fault = arguments_of_mail(span_of(rows[i].text), &a);
        assert_int_equal(fault, rows[i].path ? ARGUMENTS_FINE : ARGUMENTS_SYNTAX);
        if (rows[i].path)
            assert_true(span_is(a.path, rows[i].path));
        mail_arguments_done(&a);
    }
}

static void test_mail_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum arguments_fault fault;
    } rows[] = {
        { "", ARGUMENTS_FINE },
        { "SIZE=12 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb", ARGUMENTS_FINE },
        { "  size=18446744073709551615\t", ARGUMENTS_FINE },
        { "XNONCE=0123456789abcdefABCDEF0123456789", ARGUMENTS_FINE },
        { "XNONCE=0123456789abcdefABCDEF012345678", ARGUMENTS_VALUE },
        { "XNONCE=0123456789abcdefABCDEF012345678g", ARGUMENTS_VALUE },
        { "XNONCE", ARGUMENTS_VALUE },
        { "SIZE=18446744073709551616", ARGUMENTS_VALUE },
        { "SIZE=", ARGUMENTS_VALUE },
        { "SIZE", ARGUMENTS_VALUE },
        { "SIZE=-1", ARGUMENTS_VALUE },
        { "SIZE=1 SIZE=1", ARGUMENTS_VALUE },
        { "BODY=BINARYMIME", ARGUMENTS_VALUE },
        { "SMTPUTF8=yes", ARGUMENTS_VALUE },
        { "RET=some", ARGUMENTS_VALUE },
        { "ENVID=a+2", ARGUMENTS_VALUE },
        { "ENVID=a+0D+0A", ARGUMENTS_VALUE },
        { "ENVID=a+2b", ARGUMENTS_VALUE },
        { "ENVID=", ARGUMENTS_VALUE },
        { "AUTH=<>", ARGUMENTS_UNKNOWN },
        { "=5", ARGUMENTS_UNKNOWN },
        { "NOTIFY=NEVER", ARGUMENTS_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mail_arguments a = { 0 };
        BUF text = { 0 };
        buf_addf(&text, "FROM:<a@b> %s", rows[i].text);
        assert_int_equal(arguments_of_mail(buf_span(&text), &a), rows[i].fault);
        mail_arguments_done(&a);
    }
}

static void test_mail_values(void **state)
{
    (void)state;
    struct mail_arguments a = { 0 };
    assert_int_equal(
        arguments_of_mail(SPAN("FROM:<a@b> BODY=7BIT RET=full ENVID=x+2By+20z SIZE=7"), &a),
        ARGUMENTS_FINE);
    assert_true(a.body_7bit && !a.body_8bit && !a.smtputf8 && a.size_given);
    assert_int_equal(a.size, 7);
    assert_int_equal(a.ret, DSN_RETURN_FULL);
    assert_string_equal(buf_string(&a.envid), "x+y z");
    mail_arguments_done(&a);
}

static void test_rcpt(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum arguments_fault fault;
        unsigned notify;
    } rows[] = {
        { "TO:<a@b>", ARGUMENTS_FINE, 0 },
        { "To: <a@b> NOTIFY=NEVER", ARGUMENTS_FINE, DSN_NOTIFY_NEVER },
        { "TO:<a@b> NOTIFY=success,DELAY ORCPT=rfc822;a+2Bc@b", ARGUMENTS_FINE,
          DSN_NOTIFY_SUCCESS | DSN_NOTIFY_DELAY },
        { "TO:<a@b> NOTIFY=NEVER,DELAY", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> NOTIFY", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> NOTIFY=", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> NOTIFY=DELAY,", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> ORCPT=a@b", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> ORCPT=;a@b", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> ORCPT", ARGUMENTS_VALUE, 0 },
        { "TO:<a@b> SIZE=5", ARGUMENTS_UNKNOWN, 0 },
        { "FROM:<a@b>", ARGUMENTS_SYNTAX, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcpt_arguments a = { 0 };
        assert_int_equal(arguments_of_rcpt(span_of(rows[i].text), &a), rows[i].fault);
        if (rows[i].fault == ARGUMENTS_FINE)
            assert_int_equal(a.notify, rows[i].notify);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail_paths),
        cmocka_unit_test(test_mail_parameters),
        cmocka_unit_test(test_mail_values),
        cmocka_unit_test(test_rcpt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
