#include "config/sets.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static int load(struct config *c, const char *one, const char *two, struct err *e)
{
    struct strlist sets = { 0 };
    strlist_add(&c->arena, &sets, one);
    if (two)
        strlist_add(&c->arena, &sets, two);
    return sets_load(c, &sets, e);
}

static void test_refused(void **state)
{
    static const struct {
        const char *set, *want;
    } rows[] = {
        { "port", "--set: no \"=\"; write --set KEY=VALUE" },
        { "prot=1", "--set: unknown key \"prot\"; did you mean \"port\"?" },
        { "colour=1",
          "--set: unknown key \"colour\"; postbag.conf(5) lists those that may stand here" },
        { "syslog=off", "--set: \"syslog\" does not belong here; write it below [log]" },
        { "mode=queue", "--set: \"mode\" does not belong here; write it below [queue]" },
        { "oauth_tenant=x",
          "--set: \"oauth_tenant\" is not available in this version; leave it out" },
        { "match=x", "--set: \"match\" has no use here; choose the account with -a" },
        { "port=x", "--set: port: \"x\" is out of place; write a number from 1 to 65535" },
        { "password=\xff", "--set: password: not valid UTF-8; write the value in UTF-8" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct config c = { 0 };
        assert_int_equal(load(&c, "timeout=30s", rows[i].set, &e), -1);
        assert_int_equal(e.kind, ERR_USAGE);
        assert_string_equal(e.text, rows[i].want);
        config_done(&c);
    }
}

static void test_applied(void **state)
{
    ERR e = { 0 };
    struct config c = { 0 };
    struct account account = { .auth.password_file = "/x" };
    (void)state;
    account.origins = arena_new(&c.arena, option_count, 1);
    assert_int_equal(load(&c, "timeout = 30s", "password=a=${X}$$ ", &e), 0);
    assert_int_equal(c.notes.n, 1);
    assert_int_equal(sets_apply(&c, &account, &e), 0);
    assert_int_equal(account.net.timeout_ms, 30000);
    assert_true(account.net.timeout_explicit);
    assert_string_equal(account.auth.password, "a=${X}$$");
    assert_null(account.auth.password_file);
    const struct option *row = option_find(OPTION_ACCOUNT, SPAN("timeout"));
    assert_int_equal(account.origins[row - option_table], ORIGIN_SET);
    config_done(&c);
}

static void test_secret(void **state)
{
    static const struct {
        const char *set;
        bool want;
    } rows[] = {
        { "password=x", true },
        { " password = x", true },
        { "password=${NAME}", true }, /* not expanded here */
        { "password=", false },
        { "password_file=/x", false },
        { "password_command=pass x", false },
        { "tls_key=pkcs11:x?pin-value=1", true },
        { "tls_key=pkcs11:x", false },
        { "proxy=socks5://me:x@p", true },
        { "proxy=socks5://p", false },
        { "user=password=x", false },
        { "nonsense", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct strlist sets = { 0 };
        assert_false(sets_are_secret(&sets));
        strlist_add(&a, &sets, "port=25");
        strlist_add(&a, &sets, rows[i].set);
        if (sets_are_secret(&sets) != rows[i].want)
            fail_msg("%s", rows[i].set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_applied),
        cmocka_unit_test(test_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
