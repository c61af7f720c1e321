#include "config/accounts.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

static enum option_origin origin(const struct account *account, const char *key)
{
    return account->origins[option_find(OPTION_ACCOUNT, span_of(key)) - option_table];
}

static void build(struct config *c, const char *text)
{
    ERR e = { 0 };
    struct draft draft = fixture_draft(&c->arena, text);
    if (accounts_build(c, &draft, &e) < 0)
        fail_msg("%s", e.text);
}

static void test_layers(void **state)
{
    const struct ident joe = { .home = "/home/joe" };
    struct config c = { .who = &joe };
    (void)state;
    build(&c, "[defaults]\nport = 25\ndomain = d.example\ntimeout = 1m\n"
              "[account base]\nport = 26\nuser = base\nmatch = x.example\ndefault = yes\n"
              "host = h.example\n"
              "[account mine]\ninherit = base\nuser = mine\nport =\n");
    const struct account *mine = &c.accounts[1];
    assert_string_equal(mine->name, "mine");
    assert_string_equal(mine->file, "f");
    assert_int_equal(mine->line, 11);
    assert_string_equal(mine->inherit, "base");
    assert_string_equal(mine->auth.user, "mine");
    assert_int_equal(origin(mine, "user"), ORIGIN_ACCOUNT);
    assert_string_equal(mine->net.host.items[0], "h.example");
    assert_int_equal(origin(mine, "host"), ORIGIN_INHERITED);
    assert_string_equal(mine->smtp.domain, "d.example");
    assert_int_equal(origin(mine, "domain"), ORIGIN_DEFAULTS);
    assert_int_equal(mine->net.port, 0);
    assert_int_equal(origin(mine, "port"), ORIGIN_ACCOUNT);
    assert_int_equal(origin(mine, "tls_min"), ORIGIN_UNSET);
    assert_int_equal(mine->match.n, 0);
    assert_false(mine->is_default);
    assert_string_equal(ident_home(mine->auth.who), "/home/joe");
    assert_int_equal(mine->net.timeout_ms, 60000);
    assert_true(mine->net.timeout_explicit);
    assert_int_equal(c.accounts[0].net.port, 26);
    assert_true(c.accounts[0].is_default);
    config_done(&c);
}

static void test_timeout_explicit(void **state)
{
    struct config c = { 0 };
    (void)state;
    build(&c, "[account a]\n[account b]\ntimeout = 15m\n[account c]\ninherit = b\ntimeout =\n");
    assert_false(c.accounts[0].net.timeout_explicit);
    assert_true(c.accounts[1].net.timeout_explicit);
    assert_false(c.accounts[2].net.timeout_explicit);
    config_done(&c);
}

/* The nearer word on the password takes the farther one back, whichever key it was. */
static void test_password_sources(void **state)
{
    struct config c = { 0 };
    (void)state;
    build(&c, "[defaults]\npassword_command = pass\n"
              "[account a]\npassword_file = /x\n"
              "[account b]\ninherit = a\npassword = y\n"
              "[account c]\ninherit = a\npassword =\n"
              "[account d]\npassword_file = /x\npassword = y\n");
    assert_null(c.accounts[0].auth.password_command);
    assert_int_equal(origin(&c.accounts[0], "password_command"), ORIGIN_UNSET);
    assert_string_equal(c.accounts[0].auth.password_file, "/x");
    assert_null(c.accounts[1].auth.password_file);
    assert_string_equal(c.accounts[1].auth.password, "y");
    assert_string_equal(c.accounts[2].auth.password_file, "/x");
    assert_non_null(c.accounts[3].auth.password_file);
    assert_non_null(c.accounts[3].auth.password);
    config_done(&c);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "[account a]\n\nport = x\n",
          "f:3: port: \"x\" is out of place; write a number from 1 to 65535" },
        { "[defaults]\nport = x\n",
          "f:2: port: \"x\" is out of place; write a number from 1 to 65535" },
        { "[account a]\ninherit = b\n[account c]\n",
          "f:2: inherit: there is no account \"b\"; write one of a, c" },
        { "[account a]\ninherit = b\n[account b]\ninherit = a\n",
          "f:4: inherit: the accounts inherit from each other in a circle; take one \"inherit\" "
          "out" },
        { "[account a]\ninherit = a\n",
          "f:2: inherit: the accounts inherit from each other in a circle; take one \"inherit\" "
          "out" },
        { "[account a]\ndefault = yes\n[account b]\ndefault = no\n[account c]\ndefault = 1\n",
          "f:6: [account a] is the default already; keep one of the two" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct config c = { 0 };
        struct draft draft = fixture_draft(&c.arena, rows[i].text);
        assert_int_equal(accounts_build(&c, &draft, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_string_equal(e.text, rows[i].want);
        config_done(&c);
    }
}

static void test_deep_chain(void **state)
{
    struct config c = { 0 };
    (void)state;
    build(&c, "[account a]\ninherit = b\n[account b]\ninherit = c\n[account c]\nport = 26\n");
    assert_int_equal(c.accounts[0].net.port, 26);
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers),           cmocka_unit_test(test_timeout_explicit),
        cmocka_unit_test(test_password_sources), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_deep_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
