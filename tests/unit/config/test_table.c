#include "config/option.h"

#include "base/buf.h"
#include "config/config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static size_t size_of(enum option_type type)
{
    switch (type) {
    case OPTION_STRING:
    case OPTION_SECRET:
    case OPTION_PATH:
    case OPTION_URI: return sizeof(const char *);
    case OPTION_BOOL: return sizeof(bool);
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_SET: return sizeof(int);
    case OPTION_DURATION:
    case OPTION_SIZE: return sizeof(int64_t);
    case OPTION_LIST: return sizeof(struct strlist);
    }
    return 0;
}

static bool is_lower(const char *key)
{
    return key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        bool choice = row->type == OPTION_CHOICE || row->type == OPTION_SET;
        bool truth = row->size == sizeof(bool) && row->type == OPTION_CHOICE;
        bool fits = row->size == size_of(row->type) || truth;
        size_t whole =
            row->section == OPTION_LOG ? sizeof(struct log_opts) : sizeof(struct account);
        if (!fits || !row->group || !row->help || !is_lower(row->key) || choice != !!row->choices ||
            row->offset + row->size > whole || option_find(row->section, span_of(row->key)) != row)
            fail_msg("%s", row->key);
        if (row->type == OPTION_NUMBER || row->type == OPTION_DURATION || row->type == OPTION_SIZE)
            assert_true(row->max > row->min);
        assert_non_null(option_type_name(row->type));
    }
}

/* What the table calls the default is what a fresh object shows. */
static void test_initial(void **state)
{
    ARENA a = { 0 };
    struct account account = { 0 };
    struct log_opts log = { 0 };
    (void)state;
    memset(&account.net, 0xff, sizeof account.net);
    option_set_initial(&a, OPTION_ACCOUNT, &account);
    option_set_initial(&a, OPTION_LOG, &log);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        BUF shown = { 0 };
        const void *object =
            row->section == OPTION_LOG ? (const void *)&log : (const void *)&account;
        option_show(&shown, row, object);
        assert_string_equal(buf_string(&shown), row->initial ? row->initial : "");
    }
    assert_int_equal(account.net.timeout_ms, 900000);
    assert_int_equal(account.net.connect_timeout_ms, 30000);
    assert_int_equal(account.net.command_timeout_ms, 300000);
    assert_int_equal(account.net.tls_min, TLS_VERSION_1_2);
    assert_int_equal(account.exit_tempfail, 75);
    assert_true(account.mail.set_date);
    assert_string_equal(log.syslog, "mail");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_initial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
