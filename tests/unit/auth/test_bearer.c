#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

#include <string.h>

static struct sasl *bearer_new(enum mech mech, const char *user, struct span token)
{
    ERR e = { 0 };
    struct sasl *s = NULL;
    struct sasl_setup setup = {
        .mech = mech, .user = user, .secret = token, .host = "server.example.com", .port = 587
    };
    assert_int_equal(sasl_new(&setup, &s, &e), 0);
    return s;
}

#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

/* RFC 7628 section 4.1 (with our port), and Google's description of XOAUTH2. */
static void the_token_is_the_first_message(void **state)
{
    static const struct {
        enum mech mech;
        const char *user, *message;
    } rows[] = {
        { MECH_OAUTHBEARER, "user@example.com",
          "n,a=user@example.com,\1host=server.example.com\1port=587\1auth=Bearer " TOKEN "\1\1" },
        { MECH_OAUTHBEARER, "a=b,c",
          "n,a=a=3Db=2Cc,\1host=server.example.com\1port=587\1auth=Bearer " TOKEN "\1\1" },
        { MECH_XOAUTH2, "a=b,c", "user=a=b,c\1auth=Bearer " TOKEN "\1\1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        struct sasl *s = bearer_new(rows[i].mech, rows[i].user, SPAN(TOKEN));
        assert_true(sasl_client_first(s));
        assert_true(sasl_initial_response(s));
        assert_int_equal(sasl_step(s, NULL, &answer, &e), 0);
        assert_string_equal(buf_string(&answer), rows[i].message);
        assert_true(answer.secret);
        assert_int_equal(sasl_finish(s, &e), 0);
        sasl_free(s);
    }
}

static void reply(struct err *e)
{
    err_set(e, ERR_REPLY, "535 5.7.8 No");
    e->code = 535;
}

/* The refusal is answered so that the server can give its reply, and told with that. */
static void a_refusal_is_answered_and_told(void **state)
{
    static const struct {
        enum mech mech;
        const char *answer;
    } rows[] = { { MECH_OAUTHBEARER, "\1" }, { MECH_XOAUTH2, "" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        struct span why = SPAN(
            "{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"https://mail.google.com/\"}");
        struct sasl *s = bearer_new(rows[i].mech, "user", SPAN(TOKEN));
        assert_int_equal(sasl_step(s, NULL, &answer, &e), 0);
        buf_clear(&answer);
        assert_int_equal(sasl_step(s, &why, &answer, &e), 0);
        assert_string_equal(buf_string(&answer), rows[i].answer);
        assert_int_equal(sasl_finish(s, &e), -1); /* and then yes: no */
        assert_int_equal(e.kind, ERR_AUTH);
        assert_int_equal(sasl_step(s, &why, &answer, &e), -1); /* nor a third time */
        reply(&e);
        sasl_explain(s, &e);
        assert_string_equal(e.text, "535 5.7.8 No (status 401, scope https://mail.google.com/)");
        assert_int_equal(e.code, 535);
        assert_non_null(strstr(e.hint, "run out or was revoked"));
        sasl_free(s);
    }
}

static void what_separates_cannot_be_sent(void **state)
{
    static const enum mech mechs[] = { MECH_OAUTHBEARER, MECH_XOAUTH2 };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = { .mech = mechs[i], .user = "user\1x", .secret = SPAN(TOKEN) };
        assert_int_equal(sasl_new(&setup, &s, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        setup.user = "user";
        setup.secret = SPAN("to\1ken");
        assert_int_equal(sasl_new(&setup, &s, &e), -1);
        assert_null(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_token_is_the_first_message),
        cmocka_unit_test(a_refusal_is_answered_and_told),
        cmocka_unit_test(what_separates_cannot_be_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
