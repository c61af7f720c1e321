#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/verdict.h"

static void test_of_error(void **state)
{
    static const struct {
        struct err err;
        enum verdict_result result;
    } rows[] = {
        { { .kind = ERR_REPLY, .code = 550 }, VERDICT_REFUSED },
        { { .kind = ERR_REPLY, .code = 450 }, VERDICT_FAILED },
        { { .kind = ERR_DATA }, VERDICT_REFUSED },
        { { .kind = ERR_NOUSER }, VERDICT_REFUSED },
        { { .kind = ERR_CONFIG }, VERDICT_FAILED },
        { { .kind = ERR_TIMEOUT }, VERDICT_FAILED },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(verdict_of(&rows[i].err), rows[i].result);
}

#define SENT                                                             \
    {                                                                    \
        .result = VERDICT_SENT, .err = {.kind = ERR_REPLY, .code = 250 } \
    }
#define QUEUED                                                  \
    {                                                           \
        .result = VERDICT_QUEUED, .err = {.kind = ERR_TIMEOUT } \
    }
#define LATER                                                              \
    {                                                                      \
        .result = VERDICT_FAILED, .err = {.kind = ERR_REPLY, .code = 451 } \
    }
#define NEVER                                                               \
    {                                                                       \
        .result = VERDICT_REFUSED, .err = {.kind = ERR_REPLY, .code = 550 } \
    }

enum { MOST = 3, NONE = -1 };

static void test_worst(void **state)
{
    static const struct {
        struct verdict verdicts[MOST];
        bool skip[MOST];
        int worst, of_those; /* of all, and without those that are skipped */
    } rows[] = {
        { { SENT, QUEUED, SENT }, { false }, NONE, NONE },
        { { SENT, LATER, LATER }, { false, true }, 1, 2 },
        { { LATER, SENT, NEVER }, { false }, 2, 2 },
        { { NEVER, LATER, NEVER }, { true }, 0, 2 },
        { { LATER, NEVER, SENT }, { false, true }, 1, 0 },
        { { NEVER, NEVER, NEVER }, { true, true, true }, 0, NONE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct verdict *v = rows[i].verdicts;
        const struct verdict *all = verdict_worst(v, NULL, MOST);
        const struct verdict *those = verdict_worst(v, rows[i].skip, MOST);
        assert_int_equal(all ? all - v : NONE, rows[i].worst);
        assert_int_equal(those ? those - v : NONE, rows[i].of_those);
    }
    assert_null(verdict_worst(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_error),
        cmocka_unit_test(test_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
