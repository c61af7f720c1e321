#include "cmd/exit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int code;
    const char *enhanced;
    enum stage stage;
    int status;
    int folded;
};

static const struct row rows[] = {
    { 421, "", STAGE_GREETING, 75, 121 },    { 450, "4.2.0", STAGE_RCPT, 75, 150 },
    { 452, "4.3.1", STAGE_END, 75, 152 },    { 454, "4.7.0", STAGE_AUTH, 75, 154 },
    { 550, "5.1.1", STAGE_RCPT, 67, 250 },   { 550, "", STAGE_RCPT, 67, 250 },
    { 551, "", STAGE_RCPT, 67, 251 },        { 553, "", STAGE_RCPT, 67, 253 },
    { 553, "", STAGE_MAIL, 65, 253 },        { 553, "5.1.7", STAGE_MAIL, 65, 253 },
    { 550, "5.1.10", STAGE_RCPT, 67, 250 },  { 550, "5.1.2", STAGE_RCPT, 68, 250 },
    { 550, "5.4.4", STAGE_RCPT, 68, 250 },   { 554, "5.7.1", STAGE_RCPT, 77, 254 },
    { 550, "5.7.606", STAGE_MAIL, 77, 250 }, { 552, "5.3.4", STAGE_MAIL, 65, 252 },
    { 552, "", STAGE_END, 65, 252 },         { 552, "5.2.2", STAGE_RCPT, 69, 252 },
    { 554, "5.6.0", STAGE_END, 65, 254 },    { 554, "", STAGE_GREETING, 69, 254 },
    { 535, "5.7.8", STAGE_AUTH, 77, 235 },   { 535, "", STAGE_AUTH, 77, 235 },
    { 530, "5.7.0", STAGE_MAIL, 77, 230 },   { 501, "", STAGE_RCPT, 65, 201 },
    { 501, "", STAGE_EHLO, 76, 201 },        { 501, "5.5.4", STAGE_EHLO, 76, 201 },
    { 500, "", STAGE_DATA, 76, 200 },        { 502, "5.5.1", STAGE_DATA, 76, 202 },
    { 503, "", STAGE_DATA, 76, 203 },        { 555, "", STAGE_MAIL, 76, 255 },
    { 599, "", STAGE_MAIL, 69, 255 },        { 554, "5.0.0", STAGE_RCPT, 69, 254 },
    { 550, "5.3.5", STAGE_END, 69, 250 },    { 550, "5.2.1", STAGE_RCPT, 67, 250 },
    { 550, "5.1.0", STAGE_RCPT, 67, 250 },
};

static void set_reply(struct err *e, int code, const char *enhanced)
{
    err_set(e, ERR_REPLY, "%d %s", code, enhanced);
    e->code = code;
    memcpy(e->enhanced, enhanced, strlen(enhanced) + 1);
}

static void test_replies(void **state)
{
    (void)state;
    const struct exit_rules reply = { EXIT_STYLE_REPLY, 75 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        set_reply(&e, rows[i].code, rows[i].enhanced);
        if (exit_of_error(&exit_default, &e, rows[i].stage) != rows[i].status)
            print_error("%d %s\n", rows[i].code, rows[i].enhanced);
        assert_int_equal(exit_of_error(&exit_default, &e, rows[i].stage), rows[i].status);
        assert_int_equal(exit_of_error(&reply, &e, rows[i].stage), rows[i].folded);
    }
}

static void test_tempfail_can_be_changed(void **state)
{
    (void)state;
    const struct exit_rules rules = { EXIT_STYLE_SYSEXITS, 69 };
    ERR e = { 0 };
    err_set(&e, ERR_TIMEOUT, "late");
    assert_int_equal(exit_of_error(&rules, &e, STAGE_MAIL), 69);
    set_reply(&e, 451, "");
    assert_int_equal(exit_of_error(&rules, &e, STAGE_MAIL), 69);
    set_reply(&e, 550, "5.1.1");
    assert_int_equal(exit_of_error(&rules, &e, STAGE_RCPT), 67);
}

static void test_whose_rules(void **state)
{
    (void)state;
    const struct account account = { .exit_style = EXIT_STYLE_REPLY, .exit_tempfail = 69 };
    struct exit_rules rules = exit_rules_of(-1, NULL);
    assert_int_equal(rules.style, EXIT_STYLE_SYSEXITS);
    assert_int_equal(rules.tempfail, 75);
    rules = exit_rules_of(-1, &account);
    assert_int_equal(rules.style, EXIT_STYLE_REPLY);
    assert_int_equal(rules.tempfail, 69);
    rules = exit_rules_of(EXIT_STYLE_SYSEXITS, &account);
    assert_int_equal(rules.style, EXIT_STYLE_SYSEXITS);
    assert_int_equal(rules.tempfail, 69);
}

static void test_first_permanent_refusal_counts(void **state)
{
    (void)state;
    struct verdict verdicts[4] = { { .result = VERDICT_SENT, .stage = STAGE_END },
                                   { .result = VERDICT_FAILED, .stage = STAGE_RCPT },
                                   { .result = VERDICT_REFUSED, .stage = STAGE_RCPT },
                                   { .result = VERDICT_REFUSED, .stage = STAGE_RCPT } };
    set_reply(&verdicts[1].err, 450, "");
    set_reply(&verdicts[2].err, 550, "5.1.1");
    set_reply(&verdicts[3].err, 554, "5.7.1");
    assert_int_equal(exit_of_verdicts(&exit_default, verdicts, 1), 0);
    assert_int_equal(exit_of_verdicts(&exit_default, verdicts, 2), 75);
    assert_int_equal(exit_of_verdicts(&exit_default, verdicts, 4), 67);
    for (size_t i = 0; i < 4; i++)
        verdict_done(&verdicts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_tempfail_can_be_changed),
        cmocka_unit_test(test_whose_rules),
        cmocka_unit_test(test_first_permanent_refusal_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
