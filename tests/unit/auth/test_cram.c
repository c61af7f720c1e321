#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

static struct sasl *cram_new(void)
{
    ERR e = { 0 };
    struct sasl *s = NULL;
    struct sasl_setup setup = { .mech = MECH_CRAM_MD5,
                                .user = "tim",
                                .secret = SPAN("tanstaaftanstaaf") };
    assert_int_equal(sasl_new(&setup, &s, &e), 0);
    return s;
}

/* RFC 2195 section 2. */
static void the_example_is_answered_as_the_rfc_says(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    struct span challenge = SPAN("<1896.697170952@postoffice.reston.mci.net>");
    struct sasl *s = cram_new();
    assert_false(sasl_client_first(s));
    assert_int_equal(sasl_finish(s, &e), -1);
    assert_int_equal(sasl_step(s, &challenge, &answer, &e), 0);
    assert_string_equal(buf_string(&answer), "tim b913a602c7eda7a495b4e6e7334d3890");
    assert_true(answer.secret);
    assert_int_equal(sasl_finish(s, &e), 0);
    assert_int_equal(sasl_step(s, &challenge, &answer, &e), -1); /* a second one */
    assert_int_equal(e.kind, ERR_AUTH);
    sasl_free(s);
}

static void an_empty_challenge_has_no_answer(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    struct span challenge = SPAN("");
    struct sasl *s = cram_new();
    assert_int_equal(sasl_step(s, &challenge, &answer, &e), -1);
    assert_int_equal(e.kind, ERR_AUTH);
    assert_int_equal(answer.len, 0);
    sasl_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_answered_as_the_rfc_says),
        cmocka_unit_test(an_empty_challenge_has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
