#include "mail/sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *own_patterns[] = { "*@own.example", "other.example" };
static const struct strlist own = { own_patterns, 2, 2 };

#define ACCOUNT .from = "acct@example.org", .own = &own

static const struct mail_opts by_mode[] = {
    [REWRITE_AUTO] = { ACCOUNT, .rewrite_from = REWRITE_AUTO },
    [REWRITE_ALWAYS] = { ACCOUNT, .rewrite_from = REWRITE_ALWAYS },
    [REWRITE_NEVER] = { ACCOUNT, .rewrite_from = REWRITE_NEVER },
};

/* The envelope sender that `given` becomes, in each mode, with the login root on the host "h". */
static const struct {
    const char *given; /* NULL: no -f */
    const char *wire[3];
} rows[] = {
    { NULL, { "acct@example.org", "acct@example.org", "acct@example.org" } },
    { "", { "", "", "" } },
    { "<>", { "", "", "" } },
    { "root", { "acct@example.org", "acct@example.org", "root@h" } },
    { "root@localhost", { "acct@example.org", "acct@example.org", "root@localhost" } },
    { "root@h", { "acct@example.org", "acct@example.org", "root@h" } },
    { "root@h.lan", { "acct@example.org", "acct@example.org", "root@h.lan" } },
    { "N <n@example.net>", { "n@example.net", "acct@example.org", "n@example.net" } },
    { "n@own.example", { "n@own.example", "n@own.example", "n@own.example" } },
    { "n@OTHER.example", { "n@OTHER.example", "n@OTHER.example", "n@OTHER.example" } },
    { "acct@EXAMPLE.org", { "acct@EXAMPLE.org", "acct@EXAMPLE.org", "acct@EXAMPLE.org" } },
};

static void check_sender(const char *given, const struct mail_opts *opts, const char *want)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct addr addr, sender;
    if (given)
        assert_int_equal(addr_parse_sender(&a, span_of(given), &addr, &e), 0);
    assert_int_equal(plan_sender(&a, given ? &addr : NULL, "root", "h", opts, &sender, &e), 0);
    assert_string_equal(addr_wire(&a, &sender, &e), want);
}

static void test_modes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t mode = REWRITE_AUTO; mode <= REWRITE_NEVER; mode++)
            check_sender(rows[i].given, &by_mode[mode], rows[i].wire[mode]);
}

static void test_maildomain_alone(void **state)
{
    (void)state;
    struct mail_opts opts = { .maildomain = "example.com" };
    check_sender(NULL, &opts, "root@example.com");
    check_sender("joe", &opts, "joe@example.com");
    check_sender("joe@localhost", &opts, "joe@example.com");
    check_sender("n@example.net", &opts, "n@example.net");
    opts.rewrite_from = REWRITE_ALWAYS; /* by what? */
    check_sender("n@example.net", &opts, "n@example.net");
    opts.rewrite_from = REWRITE_NEVER;
    check_sender(NULL, &opts, "root@example.com");
    check_sender("joe", &opts, "joe@example.com");
    check_sender("joe@localhost", &opts, "joe@localhost");
}

/* Nothing better is known than what the account says. */
static void test_private_account_is_left_alone(void **state)
{
    (void)state;
    struct mail_opts opts = { .from = "me@localhost" };
    check_sender(NULL, &opts, "me@localhost");
    check_sender("me@localhost", &opts, "me@localhost");
    opts = (struct mail_opts){ .maildomain = "intranet" };
    check_sender("me@intranet", &opts, "me@intranet");
    opts = (struct mail_opts){ .maildomain = "H.example.com." };
    check_sender("me@h.example.com", &opts, "me@h.example.com");
}

static void test_no_way_out(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct addr sender;
    struct mail_opts opts = { 0 };
    assert_int_equal(plan_sender(&a, NULL, "root", "h", &opts, &sender, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_non_null(strstr(e.hint, "from"));
    assert_non_null(strstr(e.hint, "maildomain"));
    opts.rewrite_from = REWRITE_NEVER;
    assert_int_equal(plan_sender(&a, NULL, "root", "h", &opts, &sender, &e), 0);
    assert_string_equal(sender.domain, "h");
}

static void test_bad_account_address(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct addr sender;
    struct mail_opts opts = { .from = "a b c" };
    assert_int_equal(plan_sender(&a, NULL, "root", "h", &opts, &sender, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_maildomain_alone),
        cmocka_unit_test(test_private_account_is_left_alone),
        cmocka_unit_test(test_no_way_out),
        cmocka_unit_test(test_bad_account_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
