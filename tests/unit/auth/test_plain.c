#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

#include <string.h>

static struct sasl *plain_new(const char *user, struct span password)
{
    ERR e = { 0 };
    struct sasl *s = NULL;
    assert_int_equal(
        sasl_new(&(struct sasl_setup){ .mech = MECH_PLAIN, .user = user, .secret = password }, &s,
                 &e),
        0);
    return s;
}

static void the_client_speaks_first(void **state)
{
    (void)state;
    struct sasl *s = plain_new("tim", SPAN("tanstaaftanstaaf"));
    assert_true(sasl_client_first(s));
    assert_true(sasl_initial_response(s));
    sasl_free(s);
}

/* The first row is the example in RFC 4616 section 4. */
static void the_message_has_no_authorization_identity(void **state)
{
    static const struct {
        const char *user;
        struct span password, message;
    } rows[] = {
        { "tim", SPAN("tanstaaftanstaaf"), SPAN("\0tim\0tanstaaftanstaaf") },
        { "a@example.com", SPAN(" p;w = \"#\\ "), SPAN("\0a@example.com\0 p;w = \"#\\ ") },
        { "j\303\274rg", SPAN("\342\202\277\377"), SPAN("\0j\303\274rg\0\342\202\277\377") },
        { "x", SPAN("line\r\nbreak"), SPAN("\0x\0line\r\nbreak") },
    };
    const struct span prompts[] = { SPAN(""), SPAN("odd words"), { NULL, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < 4; j++) { /* the last time as an initial response */
            ERR e = { 0 };
            BUF answer = { 0 };
            struct sasl *s = plain_new(rows[i].user, rows[i].password);
            assert_int_equal(sasl_step(s, j < 3 ? &prompts[j] : NULL, &answer, &e), 0);
            assert_true(span_eq(buf_span(&answer), rows[i].message));
            assert_true(answer.secret);
            assert_int_equal(sasl_finish(s, &e), 0);
            sasl_free(s);
        }
    }
}

static void a_second_challenge_has_no_answer(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    struct sasl *s = plain_new("tim", SPAN("secret"));
    struct span again = SPAN("Password:");
    assert_int_equal(sasl_step(s, NULL, &answer, &e), 0);
    buf_clear(&answer);
    assert_int_equal(sasl_step(s, &again, &answer, &e), -1);
    assert_int_equal(e.kind, ERR_AUTH);
    assert_null(strstr(e.text, "secret"));
    assert_int_equal(answer.len, 0);
    sasl_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_speaks_first),
        cmocka_unit_test(the_message_has_no_authorization_identity),
        cmocka_unit_test(a_second_challenge_has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
