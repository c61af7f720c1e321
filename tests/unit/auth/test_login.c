#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

static struct sasl *login_new(void)
{
    ERR e = { 0 };
    struct sasl *s = NULL;
    struct sasl_setup setup = { .mech = MECH_LOGIN, .user = "alice", .secret = SPAN("sesame") };
    assert_int_equal(sasl_new(&setup, &s, &e), 0);
    return s;
}

static void expect_answer(struct sasl *s, struct span challenge, const char *answer)
{
    ERR e = { 0 };
    BUF got = { 0 };
    assert_int_equal(sasl_step(s, &challenge, &got, &e), 0);
    assert_string_equal(buf_string(&got), answer);
    assert_true(got.secret);
}

static void the_server_speaks_first(void **state)
{
    (void)state;
    struct sasl *s = login_new();
    assert_false(sasl_client_first(s));
    assert_false(sasl_initial_response(s));
    sasl_free(s);
}

static void user_then_password_whatever_the_prompts(void **state)
{
    static const struct {
        struct span first, second;
    } rows[] = {
        { SPAN("Username:"), SPAN("Password:") }, { SPAN("User Name\0"), SPAN("Password\0") },
        { SPAN("Password:"), SPAN("Username:") }, { SPAN(""), SPAN("") },
        { SPAN("\377\376"), { NULL, 0 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct sasl *s = login_new();
        expect_answer(s, rows[i].first, "alice");
        expect_answer(s, rows[i].second, "sesame");
        assert_int_equal(sasl_finish(s, &e), 0);
        sasl_free(s);
    }
}

static void a_third_prompt_has_no_answer(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF got = { 0 };
    struct sasl *s = login_new();
    struct span prompt = SPAN("Token:");
    expect_answer(s, prompt, "alice");
    expect_answer(s, prompt, "sesame");
    assert_int_equal(sasl_step(s, &prompt, &got, &e), -1);
    assert_int_equal(e.kind, ERR_AUTH);
    assert_int_equal(got.len, 0);
    sasl_free(s);
}

static void a_yes_before_the_password_is_none(void **state)
{
    static const char *const answers[] = { "alice", "sesame" };
    (void)state;
    struct sasl *s = login_new();
    for (size_t i = 0; i < 2; i++) {
        ERR e = { 0 };
        assert_int_equal(sasl_finish(s, &e), -1);
        assert_int_equal(e.kind, ERR_AUTH);
        expect_answer(s, SPAN("?"), answers[i]);
    }
    ERR e = { 0 };
    assert_int_equal(sasl_finish(s, &e), 0);
    sasl_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_server_speaks_first),
        cmocka_unit_test(user_then_password_whatever_the_prompts),
        cmocka_unit_test(a_third_prompt_has_no_answer),
        cmocka_unit_test(a_yes_before_the_password_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
