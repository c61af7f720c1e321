#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/token.h"

#include <string.h>

static struct auth_opts opts_of(const char *command)
{
    return (struct auth_opts){ .oauth_token_command = command };
}

static void the_first_line_is_the_token(void **state)
{
    static const struct {
        const char *command, *token;
    } rows[] = {
        { "echo ya29.a0Af_-~+/x==", "ya29.a0Af_-~+/x==" },
        { "printf 'EwB4A8l6BAAU\\r\\nexpires 3600\\n'", "EwB4A8l6BAAU" },
        { "printf abc", "abc" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF token = { 0 };
        struct auth_opts opts = opts_of(rows[i].command);
        assert_int_equal(token_get(&opts, deadline_in(10000), &token, &e), 0);
        assert_string_equal(buf_string(&token), rows[i].token);
        assert_true(token.secret);
    }
}

static void what_is_no_token_is_told(void **state)
{
    static const struct {
        const char *command;
        enum err_kind kind;
        const char *text, *hint;
    } rows[] = {
        { "true", ERR_CONFIG, "it prints no token", "must be the access token" },
        { "echo", ERR_CONFIG, "it prints no token", "must be the access token" },
        { "echo '<!DOCTYPE html>'", ERR_CONFIG, "it prints a web page", "by hand" },
        { "echo ' <html><body>Sign in</body></html>'", ERR_CONFIG, "it prints a web page",
          "by hand" },
        { "echo '{\"access_token\": \"s3cret\"}'", ERR_CONFIG, "it prints JSON", "access_token" },
        { "echo Bearer s3cret", ERR_CONFIG, "what it prints is no token", "without \"Bearer\"" },
        { "printf 's3cret\\0x'", ERR_CONFIG, "what it prints is no token", "alone" },
        { "printf 's3cret\\303\\251'", ERR_CONFIG, "what it prints is no token", "alone" },
        { "sh -c 'exit 75'", ERR_TEMPORARY, "exit status 75, temporary failure", NULL },
        { "sh -c 'echo s3cret; exit 1'", ERR_CONFIG, "exit status 1", "without a shell" },
        { "sh -c 'kill -9 $$'", ERR_CONFIG, "killed by signal 9", NULL },
        { "/nonexistent/program", ERR_CONFIG, "/nonexistent/program", NULL },
        { "'", ERR_CONFIG, "oauth_token_command: ", NULL },
        { "sleep 600", ERR_TIMEOUT, "did not end in time", "wait for somebody" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF token = { 0 };
        struct auth_opts opts = opts_of(rows[i].command);
        int64_t ms = rows[i].kind == ERR_TIMEOUT ? 50 : 10000;
        assert_int_equal(token_get(&opts, deadline_in(ms), &token, &e), -1);
        assert_int_equal(e.kind, rows[i].kind);
        assert_true(span_starts(span_of(e.text), "oauth_token_command: "));
        assert_non_null(strstr(e.text, rows[i].text));
        assert_null(strstr(e.text, "s3cret"));
        if (rows[i].hint)
            assert_non_null(strstr(e.hint, rows[i].hint));
        assert_int_equal(token.len, 0);
    }
}

/* The second run is told that the first token was no good. */
static void a_token_is_renewed(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF token = { 0 };
    struct auth_opts opts = opts_of("sh -c 'echo token${POSTBAG_OAUTH_REFRESH:-0}'");
    assert_int_equal(token_get(&opts, deadline_in(10000), &token, &e), 0);
    assert_string_equal(buf_string(&token), "token0");
    assert_int_equal(token_renew(&opts, deadline_in(10000), &token, &e), 0);
    assert_string_equal(buf_string(&token), "token1");
    assert_int_equal(token_renew(&opts, deadline_in(10000), &token, &e), -1); /* the same again */
    assert_int_equal(e.kind, ERR_AUTH);
    assert_string_equal(buf_string(&token), "token1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_the_token),
        cmocka_unit_test(what_is_no_token_is_told),
        cmocka_unit_test(a_token_is_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
