#include "config/accounts.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LOGIN "user = u\npassword_command = p\n"

static void test_accounts(void **state)
{
    static const struct {
        const char *text; /* of [account a], from line 2 on */
        const char *want; /* behind "f:1: account a: ", or NULL */
    } rows[] = {
        { "host = h\n", NULL },
        { "host = h\n" LOGIN, NULL },
        { "host = /run/x\n", NULL },
        { "", "no host; write \"host = \" and the name of your provider's outgoing server" },
        { "host = h\ntls = off\n", NULL },
        { "host = localhost 127.0.0.1 [::1] /run/x\ntls = off\n" LOGIN, NULL },
        { "host = localhost h\ntls = off\n" LOGIN,
          "\"tls = off\" would send the password to h in clear text; take it out, or write "
          "auth_min = scram" },
        { "host = h\ntls = off\nauth = PLAIN\n" LOGIN,
          "\"tls = off\" would send the password to h in clear text; take it out, or write "
          "auth_min = scram" },
        { "host = h\ntls = off\nauth = SCRAM-SHA-256, plain\n" LOGIN,
          "\"tls = off\" would send the password to h in clear text; take it out, or write "
          "auth_min = scram" },
        { "host = h\ntls = off\nauth = scram-sha-256\n" LOGIN, NULL },
        { "host = h\ntls = off\nauth_min = scram\n" LOGIN, NULL },
        { "host = h\ntls = off\nauth = off\n" LOGIN, NULL },
        { "host = h\nuser = u\n", "a user but no password; write password_command, password_file "
                                  "or password, or \"auth = off\"" },
        { "host = h\nuser = u\nauth = off\n", NULL },
        { "host = h\npassword = p\n",
          "a password but no user; write \"user = \" and the login name" },
        { "host = h\nauth = plain\npassword = p\n",
          "auth without a user; write \"user = \" and the login name" },
        { "host = h\nauth = auto, plain\n" LOGIN,
          "auth: auto and off stand alone; write one word, or mechanisms only" },
        { "host = h\nauth = plain, login\nauth_min = scram\n" LOGIN,
          "auth_min = scram leaves no mechanism of those in auth; add one of SCRAM, or take "
          "auth_min "
          "out" },
        { "host = h\nauth = off plain\n" LOGIN,
          "auth: auto and off stand alone; write one word, or mechanisms only" },
        { "host = h\npassword = p\n" LOGIN,
          "more than one of password, password_file, password_command, password_credential, "
          "password_env, netrc and oauth_token_command; keep one" },
        { "host = h\nuser = u\noauth_token_command = t\n", NULL },
        { "host = h\nuser = u\nauth = XOAUTH2\noauth_token_command = t\n", NULL },
        { "host = h\nuser = u\nauth = PLAIN\noauth_token_command = t\n",
          "oauth_token_command is there, but auth leaves out OAUTHBEARER and XOAUTH2; name one, or "
          "take auth out" },
        { "host = h\nauth = XOAUTH2\n" LOGIN,
          "the mechanisms in auth need a token; set oauth_token_command in place of the password" },
        { "host = h\nauth = EXTERNAL\ntls_cert = /x\n", NULL },
        { "host = h\nauth = EXTERNAL\n",
          "auth without a user; write \"user = \" and the login name" },
        { "host = h\nuser = u\ntls_cert = /x\n", NULL },
        { "host = h\nauth = GSSAPI\n", NULL },
        { "host = h\ntls_key = /x\n", "tls_key without tls_cert; write both" },
        { "host = h\ntls_cert = /x\n", NULL },
        { "host = h\ntls_verify = insecure\n", NULL },
        { "host = h\ntls_verify = insecure\ntls_pin = sha256:" HEX64 "\n",
          "\"tls_verify = insecure\" beside tls_pin or tls_fingerprint; take it out, a fingerprint "
          "needs no verification" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct config c = { 0 };
        struct draft draft =
            fixture_draft(&c.arena, arena_printf(&c.arena, "[account a]\n%s", rows[i].text));
        assert_int_equal(accounts_build(&c, &draft, &e), 0);
        int done = account_check(&c.arena, &c.accounts[0], &e);
        if (!rows[i].want && done < 0)
            fail_msg("row %zu: %s", i, e.text);
        if (rows[i].want)
            assert_string_equal(e.text, arena_printf(&c.arena, "f:1: account a: %s", rows[i].want));
        config_done(&c);
    }
}

static void test_from_environment(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct account account = { .name = "env", .file = "POSTBAG_URL" };
    (void)state;
    assert_int_equal(account_check(&a, &account, &e), -1);
    assert_true(span_starts(span_of(e.text), "POSTBAG_URL: no host"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_from_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
