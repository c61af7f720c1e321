#include "cmd/queue_command.h"

#include "cmd/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_words(void **state)
{
    (void)state;
    static const char *const words[] = { "list",    "show",   "run",   "hold",
                                         "release", "remove", "count", "check" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        ERR e = { 0 };
        enum queue_command c;
        assert_int_equal(queue_command_parse(span_of(words[i]), &c, &e), 0);
        assert_int_equal(c, i);
    }
}

static void test_unknown(void **state)
{
    (void)state;
    static const char all[] = "write list, show, run, hold, release, remove, count or check";
    static const struct {
        const char *word, *hint;
    } rows[] = {
        { "", all },
        { "lis", "did you mean list?" },
        { "LIST", "did you mean list?" },
        { "list ", "did you mean list?" },
        { "relaese", "did you mean release?" },
        { "flush", all },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        enum queue_command c;
        assert_int_equal(queue_command_parse(span_of(rows[i].word), &c, &e), -1);
        assert_int_equal(e.kind, ERR_USAGE);
        assert_string_equal(e.hint, rows[i].hint);
    }
}

/* The commands that take each thing; test_options shows the texts. */
static void test_check(void **state)
{
    (void)state;
    for (int c = QUEUE_LIST; c <= QUEUE_CHECK; c++) {
        ERR e = { 0 };
        bool one = c == QUEUE_SHOW || c == QUEUE_HOLD || c == QUEUE_RELEASE || c == QUEUE_REMOVE;
        struct options o = { .queue_command = c, .warning = -1, .critical = -1, .name = "postbag" };
        assert_int_equal(queue_command_check(&o, &e), one ? -1 : 0);
        o.operands.n = 1;
        assert_int_equal(queue_command_check(&o, &e), one ? 0 : -1);
        o.operands.n = one;
        o.json = true;
        assert_int_equal(queue_command_check(&o, &e), c == QUEUE_LIST || c == QUEUE_SHOW ? 0 : -1);
        o.json = false;
        o.run = RUNNER_DUE;
        assert_int_equal(queue_command_check(&o, &e), c == QUEUE_RUN ? 0 : -1);
        o.run = RUNNER_ALL;
        o.critical = 0;
        assert_int_equal(queue_command_check(&o, &e), c == QUEUE_CHECK ? 0 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
