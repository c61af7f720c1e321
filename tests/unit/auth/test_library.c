/* scram.c on a machine without libgsasl, and on one whose library lacks the functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "build.h"

static const char *library_name;

#undef GSASL_SONAME
#define GSASL_SONAME library_name
#include "../../../src/auth/scram.c"

static void scram_is_unavailable_and_says_why(void **state)
{
    static const char *const names[] = { "libgsasl.so.none", "libgnutls.so.30" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        library_name = names[i];
        assert_false(sasl_scram_possible("user", SPAN("pencil")));
        assert_int_equal(sasl_new(MECH_SCRAM_SHA_256, "user", SPAN("pencil"), &s, &e), -1);
        assert_int_equal(e.kind, ERR_UNAVAILABLE);
        assert_non_null(strstr(e.text, "SCRAM-SHA-256 needs lib"));
        assert_non_null(strstr(e.hint, "install libgsasl"));
        assert_null(s);
    }
}

static void the_others_do_not_need_it(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF answer = { 0 };
    struct sasl *s = NULL;
    library_name = "libgsasl.so.none";
    assert_int_equal(sasl_new(MECH_PLAIN, "user", SPAN("pencil"), &s, &e), 0);
    assert_int_equal(sasl_step(s, NULL, &answer, &e), 0);
    sasl_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scram_is_unavailable_and_says_why),
        cmocka_unit_test(the_others_do_not_need_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
