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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_names),
        cmocka_unit_test(test_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
