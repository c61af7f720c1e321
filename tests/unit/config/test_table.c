#include "config/option.h"

#include "base/buf.h"
#include "config/config.h"
#include "config/units.h"

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
    case OPTION_URI:
    case OPTION_URL: return sizeof(const char *);
    case OPTION_BOOL: return sizeof(bool);
    case OPTION_NUMBER:
    case OPTION_CHOICE:
    case OPTION_SET: return sizeof(int);
    case OPTION_DURATION:
    case OPTION_SIZE: return sizeof(int64_t);
    case OPTION_DURATIONS: return sizeof(struct durations);
    case OPTION_RATE: return sizeof(struct rate);
    case OPTION_LIST: return sizeof(struct strlist);
    }
    return 0;
}

/* A truth may be chosen by other words than yes and no, and a number be a wide one. */
static bool fits(const struct option *row)
{
    return row->size == size_of(row->type) ||
           (row->type == OPTION_CHOICE && row->size == sizeof(bool)) ||
           (row->type == OPTION_NUMBER && row->size == sizeof(int64_t));
}

static bool has_right_choices(const struct option *row)
{
    if (row->type == OPTION_CHOICE || row->type == OPTION_SET)
        return row->choices;
    return !row->choices || row->type == OPTION_DURATION || row->type == OPTION_PATH;
}

static bool has_limits(enum option_type type)
{
    return type == OPTION_NUMBER || type == OPTION_DURATION || type == OPTION_DURATIONS ||
           type == OPTION_SIZE;
}

static const size_t whole[] = {
    [OPTION_ACCOUNT] = sizeof(struct account),
    [OPTION_LOG] = sizeof(struct log_opts),
    [OPTION_QUEUE] = sizeof(struct queue_opts),
    [OPTION_SERVE] = sizeof(struct serve_opts),
};

static bool is_lower(const char *key)
{
    return key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        if (!fits(row) || !row->group || !row->help || !is_lower(row->key) ||
            !has_right_choices(row) || row->offset + row->size > whole[row->section] ||
            option_find(row->section, span_of(row->key)) != row)
            fail_msg("%s", row->key);
        if (has_limits(row->type))
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
    struct queue_opts queue = { 0 };
    struct serve_opts serve = { 0 };
    void *const objects[] = {
        [OPTION_ACCOUNT] = &account,
        [OPTION_LOG] = &log,
        [OPTION_QUEUE] = &queue,
        [OPTION_SERVE] = &serve,
    };
    (void)state;
    memset(&account.net, 0xff, sizeof account.net);
    for (enum option_section section = OPTION_ACCOUNT; section <= OPTION_SERVE; section++)
        option_set_initial(&a, section, objects[section]);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *row = &option_table[i];
        BUF shown = { 0 };
        option_show(&shown, row, objects[row->section]);
        assert_string_equal(buf_string(&shown), row->initial ? row->initial : "");
    }
    assert_int_equal(account.net.timeout_ms, 900000);
    assert_int_equal(account.net.connect_timeout_ms, 30000);
    assert_int_equal(account.net.command_timeout_ms, 300000);
    assert_int_equal(account.net.tls_min, TLS_VERSION_1_2);
    assert_int_equal(account.exit_tempfail, 75);
    assert_true(account.mail.set_date);
    assert_string_equal(log.syslog, "mail");
    assert_int_equal(queue.mode, QUEUE_MODE_DIRECT);
    assert_int_equal(queue.lifetime_ms, 432000000);
    assert_int_equal(queue.warn_after_ms, 0);
    assert_int_equal(queue.retry_n, 9);
    assert_int_equal(queue.retry_s[0], 60);
    assert_int_equal(queue.retry_s[8], 10800);
    assert_int_equal(queue.budget_ms, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_initial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
