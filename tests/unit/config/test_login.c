#include "config/login.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void a_variable_leaves_the_environment(void **state)
{
    (void)state;
    struct account accounts[2] = { { .auth.password_env = "TEST_SECRET" },
                                   { .auth.password_env = "TEST_SECRET" } };
    struct config c = { .accounts = accounts, .n_accounts = 2 };
    setenv("TEST_SECRET", "sesame", 1);
    const char *there = getenv("TEST_SECRET");
    login_complete(&c, &accounts[0]);
    assert_string_equal(accounts[0].auth.env_password, "sesame");
    assert_null(getenv("TEST_SECRET"));
    assert_int_equal(there[0], '\0');
    login_complete(&c, &accounts[0]);
    login_complete(&c, &accounts[1]);
    assert_string_equal(accounts[0].auth.env_password, "sesame");
    assert_string_equal(accounts[1].auth.env_password, "sesame");
    accounts[1].auth.password_env = "TEST_OTHER";
    login_complete(&c, &accounts[1]);
    assert_null(accounts[1].auth.env_password);
    struct config later = { .accounts = accounts, .n_accounts = 1 };
    login_inherit(&later, &c);
    arena_wipe(&c.arena);
    accounts[0].auth.env_password = NULL;
    login_complete(&later, &accounts[0]);
    assert_string_equal(accounts[0].auth.env_password, "sesame");
    arena_wipe(&later.arena);
}

static void the_hosts_are_the_machines(void **state)
{
    static const char *hosts[] = { "a.example:587", "/run/lmtp", "[::1]:25" };
    (void)state;
    struct account account = { .auth.netrc = "yes", .net.host = { hosts, 3, 3 } };
    struct config c = { .accounts = &account, .n_accounts = 1 };
    login_complete(&c, &account);
    assert_int_equal(account.auth.machines.n, 2);
    assert_string_equal(account.auth.machines.items[0], "a.example");
    assert_string_equal(account.auth.machines.items[1], "::1");
    arena_wipe(&c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_leaves_the_environment),
        cmocka_unit_test(the_hosts_are_the_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
