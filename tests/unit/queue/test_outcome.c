#include "outcome_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_result_names(void **state)
{
    (void)state;
    static const struct {
        enum verdict_result results[2];
        const char *name;
    } rows[] = {
        { { VERDICT_SENT, VERDICT_SENT }, "sent" },
        { { VERDICT_SENT, VERDICT_REFUSED }, "partial" },
        { { VERDICT_FAILED, VERDICT_SENT }, "partial" },
        { { VERDICT_FAILED, VERDICT_REFUSED }, "failed" },
        { { VERDICT_AMBIGUOUS, VERDICT_REFUSED }, "ambiguous" },
        { { VERDICT_QUEUED, VERDICT_QUEUED }, "queued" },
        { { VERDICT_QUEUED, VERDICT_SENT }, "queued" },
        { { VERDICT_QUEUED, VERDICT_REFUSED }, "partial" },
        { { VERDICT_QUEUED, VERDICT_AMBIGUOUS }, "ambiguous" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        set_up(&f, 2);
        f.verdicts[0].result = rows[i].results[0];
        f.verdicts[1].result = rows[i].results[1];
        assert_string_equal(outcome_result(&f.outcome), rows[i].name);
        tear_down(&f);
    }
}

/* What is queued is no failure, whatever the session said. */
static void test_error(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 2);
    f.delivery.session.result = VERDICT_FAILED;
    err_set(&f.delivery.session.err, ERR_CONNECT, "no connection");
    f.verdicts[0].result = VERDICT_FAILED;
    f.verdicts[1].result = VERDICT_QUEUED;
    assert_string_equal(outcome_error(&f.outcome)->text, "no connection");
    f.verdicts[0].result = VERDICT_QUEUED;
    assert_null(outcome_error(&f.outcome));
    tear_down(&f);
}

/* A permanent failure stands for all, wherever it is; else the first. */
static void test_worst(void **state)
{
    (void)state;
    static const struct {
        int codes[MOST]; /* 0: ambiguous; 250: sent */
        const char *text;
    } rows[] = {
        { { 450, 550, 551 }, "550 words" }, { { 250, 450, 550 }, "550 words" },
        { { 450, 451, 250 }, "450 words" }, { { 0, 450, 250 }, "0 words" },
        { { 550, 450, 250 }, "550 words" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        set_up(&f, MOST);
        for (size_t r = 0; r < MOST; r++) {
            int code = rows[i].codes[r];
            decide(&f.verdicts[r],
                   code == 250   ? VERDICT_SENT
                   : code == 0   ? VERDICT_AMBIGUOUS
                   : code >= 500 ? VERDICT_REFUSED
                                 : VERDICT_FAILED,
                   code, "words");
        }
        assert_string_equal(outcome_error(&f.outcome)->text, rows[i].text);
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_names),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
