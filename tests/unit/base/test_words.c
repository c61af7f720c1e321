#include "base/words.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct {
    const char *command;
    const char *want; /* each word in brackets; NULL: an error */
} rows[] = {
    { "pass show mail/example", "[pass][show][mail/example]" },
    { "  pass\t\tshow  ", "[pass][show]" },
    { "a 'b c' d", "[a][b c][d]" },
    { "a 'b \"c\" \\n $x' d", "[a][b \"c\" \\n $x][d]" },
    { "a \"b 'c' \\\"q\\\" \\\\ \\$x \\`y\\` \\n\"", "[a][b 'c' \"q\" \\ $x `y` \\n]" },
    { "a\\ b \\'c \\\\ \\\"", "[a b]['c][\\][\"]" },
    { "a'b'\"c\"d", "[abcd]" },
    { "a '' \"\" b", "[a][][][b]" },
    { "''", "[]" },
    { "a $HOME * `x` | b; # c", "[a][$HOME][*][`x`][|][b;][#][c]" },
    { "~/bin/secret ~/x", "[/home/me/bin/secret][/home/me/x]" },
    { "~ ~me/x a~/b '~/x' \\~/x", "[~][~me/x][a~/b][~/x][~/x]" },
    { "~/", "[/home/me/]" },
    { "~/'a b'", "[/home/me/a b]" },
    { "", NULL },
    { " \t ", NULL },
    { "a 'b", NULL },
    { "a \"b", NULL },
    { "a \"b\\", NULL },
    { "a \"b\\\"", NULL },
    { "a \\", NULL },
};

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF got = { 0 };
        struct strlist words = { 0 };
        int done = words_split(&a, span_of(rows[i].command), "/home/me", &words, &e);
        if (done != (rows[i].want ? 0 : -1))
            fail_msg("%s: %d", rows[i].command, done);
        for (size_t n = 0; n < words.n; n++)
            buf_addf(&got, "[%s]", words.items[n]);
        assert_string_equal(buf_string(&got), rows[i].want ? rows[i].want : "");
        assert_int_equal(e.kind, rows[i].want ? ERR_NONE : ERR_CONFIG);
    }
}

static void test_no_home(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct strlist words = { 0 };
    (void)state;
    assert_int_equal(words_split(&a, SPAN("cat ~/x"), NULL, &words, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_int_equal(words.n, 0);
    assert_int_equal(words_split(&a, SPAN("cat '~/x'"), NULL, &words, &e), 0);
    assert_string_equal(words.items[1], "~/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_no_home),
    };
    return cmocka_run_group_tests_name("base/words", tests, NULL, NULL);
}
