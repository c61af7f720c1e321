#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/helper.h"

#include <string.h>

static int run(const char *command, const char *variable, struct buf *ret, struct err *e)
{
    ARENA a = { 0 };
    struct helper helper = { "some_command", command, "/home/of", variable };
    return helper_run(&helper, deadline_in(10000), &a, ret, e);
}

static void the_first_line_is_given(void **state)
{
    static const struct {
        const char *command, *variable, *line;
    } rows[] = {
        { "printf 'one\\ntwo\\n'", NULL, "one" },
        { "printf 'one\\r\\n'", NULL, "one" },
        { "printf one", NULL, "one" },
        { "true", NULL, "" },
        { "echo ~/x '~/x' $(id)", NULL, "/home/of/x ~/x $(id)" },
        { "sh -c 'echo $POSTBAG_X'", NULL, "" },
        { "sh -c 'echo $POSTBAG_X'", "POSTBAG_X=a b", "a b" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF line = { 0 };
        assert_int_equal(run(rows[i].command, rows[i].variable, &line, &e), 0);
        assert_string_equal(buf_string(&line), rows[i].line);
        assert_true(line.secret);
    }
}

static void failures_name_the_key(void **state)
{
    static const struct {
        const char *command;
        enum err_kind kind;
        const char *text;
    } rows[] = {
        { "false", ERR_CONFIG, "some_command: exit status 1" },
        { "sh -c 'exit 75'", ERR_TEMPORARY, "some_command: exit status 75, temporary failure" },
        { "sh -c 'kill -15 $$'", ERR_CONFIG, "some_command: killed by signal 15" },
        { "/nonexistent", ERR_CONFIG, "some_command: cannot run /nonexistent" },
        { "echo 'x", ERR_CONFIG, "some_command: " },
        { "head -c 70000 /dev/zero", ERR_CONFIG, "some_command: head wrote more than" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF line = { 0 };
        assert_int_equal(run(rows[i].command, NULL, &line, &e), -1);
        assert_int_equal(e.kind, rows[i].kind);
        assert_true(span_starts(span_of(e.text), rows[i].text));
        assert_int_equal(line.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_given),
        cmocka_unit_test(failures_name_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
