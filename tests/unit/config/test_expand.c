#include "config/expand.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>

static void test_expand(void **state)
{
    static const struct {
        const char *value, *want;
        bool literal;
    } rows[] = {
        { "", "", false },
        { "plain", "plain", true },
        { "${PB_A}", "one", false },
        { "${PB_A}${PB_B}", "onetwo $$ ${PB_A}", false },
        { "x${PB_A}y", "xoney", true },
        { "$$", "$", true },
        { "$$$", "$$", true },
        { "$$${PB_A}", "$one", true },
        { "$${PB_A}", "${PB_A}", true },
        { "a$b$ c$", "a$b$ c$", true },
        { "$PB_A", "$PB_A", true },
        { "${", "${", true },
        { "${PB_A", "${PB_A", true },
        { "${}", "${}", true },
        { "${1A}", "${1A}", true },
        { "${PB_A:-x}", "${PB_A:-x}", true },
        { "${PB_EMPTY}", "", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        const char *got = NULL;
        assert_int_equal(expand_value(&a, rows[i].value, &got, &e), 0);
        assert_string_equal(got, rows[i].want);
        if (expand_is_literal(rows[i].value) != rows[i].literal)
            fail_msg("row %zu", i);
    }
}

static void test_unset(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    const char *got = NULL;
    (void)state;
    assert_int_equal(expand_value(&a, "x${PB_A}${PB_UNSET_1}", &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(e.text, "the environment variable PB_UNSET_1 is not set; set it, or write "
                                "$${PB_UNSET_1} if these characters themselves are meant");
    assert_null(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_unset),
    };
    setenv("PB_A", "one", 1);
    setenv("PB_B", "two $$ ${PB_A}", 1);
    setenv("PB_EMPTY", "", 1);
    unsetenv("PB_UNSET_1");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
