#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

static void the_user_is_named_or_not(void **state)
{
    static const char *const users[] = { NULL, "", "alice@example.com" };
    (void)state;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        ERR e = { 0 };
        BUF answer = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = { .mech = MECH_EXTERNAL, .user = users[i] };
        assert_int_equal(sasl_new(&setup, &s, &e), 0);
        assert_true(sasl_client_first(s));
        assert_true(sasl_initial_response(s));
        assert_int_equal(sasl_step(s, NULL, &answer, &e), 0);
        assert_string_equal(buf_string(&answer), users[i] ? users[i] : "");
        assert_int_equal(sasl_finish(s, &e), 0);
        assert_int_equal(sasl_step(s, NULL, &answer, &e), -1);
        assert_int_equal(e.kind, ERR_AUTH);
        sasl_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_user_is_named_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
