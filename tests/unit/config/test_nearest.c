#include "config/option.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_nearest(void **state)
{
    static const struct {
        const char *key, *want;
        enum option_section section;
    } rows[] = {
        { "prot", "port", OPTION_ACCOUNT },
        { "pasword", "password", OPTION_ACCOUNT },
        { "Host", "host", OPTION_ACCOUNT },
        { "tls-verify", "tls_verify", OPTION_ACCOUNT },
        { "tlsfingerprint", "tls_fingerprint", OPTION_ACCOUNT },
        { "maxsize", "max_size", OPTION_ACCOUNT },
        { "passwordeval", "password_command", OPTION_ACCOUNT },
        { "proxy_host", "proxy", OPTION_ACCOUNT },
        { "starttls", "tls", OPTION_ACCOUNT },
        { "logfile", "file", OPTION_LOG },
        { "formt", "format", OPTION_LOG },
        { "prot", NULL, OPTION_LOG },
        { "lifetme", "lifetime", OPTION_QUEUE },
        { "queue_directory", "dir", OPTION_QUEUE },
        { "queue_directory", NULL, OPTION_LOG },
        { "colour", NULL, OPTION_ACCOUNT },
        { "x", NULL, OPTION_ACCOUNT },
        { "", NULL, OPTION_ACCOUNT },
        { "a_key_that_is_longer_than_any_that_there_could_be_in_a_file", NULL, OPTION_ACCOUNT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = option_nearest(rows[i].section, span_of(rows[i].key));
        if (!rows[i].want && got)
            fail_msg("%s: %s", rows[i].key, got);
        if (rows[i].want)
            assert_string_equal(got, rows[i].want);
    }
}

static void test_words(void **state)
{
    static const char *const words[] = { "account", "defaults", "log", NULL };
    (void)state;
    assert_string_equal(option_nearest_word(SPAN("default"), words), "defaults");
    assert_string_equal(option_nearest_word(SPAN("ACCOUNT"), words), "account");
    assert_null(option_nearest_word(SPAN("smtp"), words));
}

/* A key of the design is either in the table or among the planned ones. */
static void test_planned(void **state)
{
    (void)state;
    assert_true(option_is_planned(SPAN("oauth_tenant")));
    assert_true(option_is_planned(SPAN("oauth_tenant")));
    assert_false(option_is_planned(SPAN("oauth_x")));
    for (size_t i = 0; i < option_count; i++)
        assert_false(option_is_planned(span_of(option_table[i].key)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_planned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
