#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

#include <stdlib.h>
#include <string.h>

/* The Kerberos library loses 16 octets when there is no ticket. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgssapi_krb5";
}

/* Without a ticket; the rest is for a real KDC. */
static void without_a_ticket_the_remedy_is_told(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    struct sasl *s = NULL;
    struct sasl_setup setup = { .mech = MECH_GSSAPI, .user = "user", .host = "localhost" };
    setenv("KRB5CCNAME", "FILE:/nonexistent/cache", 1);
    setenv("KRB5_CONFIG", "/dev/null", 1);
    if (sasl_new(&setup, &s, &e) < 0) {
        assert_int_equal(e.kind, ERR_LIBRARY); /* a libgsasl without it */
        skip();
    }
    assert_true(sasl_client_first(s));
    assert_int_equal(sasl_finish(s, &e), -1);
    assert_int_equal(sasl_step(s, NULL, &answer, &e), -1);
    assert_int_equal(e.kind, ERR_AUTH);
    assert_non_null(strstr(e.hint, "kinit"));
    assert_int_equal(answer.len, 0);
    sasl_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_ticket_the_remedy_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
