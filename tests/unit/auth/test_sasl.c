#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

static const enum mech every[] = { MECH_PLAIN, MECH_LOGIN, MECH_SCRAM_SHA_1, MECH_SCRAM_SHA_256 };

static void every_mechanism_can_be_started(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        assert_int_equal(sasl_new(every[i], "alice", SPAN("sesame"), &s, &e), 0);
        assert_non_null(s);
        sasl_free(s);
    }
    sasl_free(NULL);
}

static void bad_credentials_are_refused(void **state)
{
    static const struct {
        const char *user;
        struct span password;
    } rows[] = {
        { NULL, SPAN("sesame") }, { "", SPAN("sesame") },        { "alice", SPAN("") },
        { "alice", { NULL, 0 } }, { "alice", SPAN("ses\0ame") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        for (size_t j = 0; j < sizeof rows / sizeof *rows; j++) {
            ERR e = { 0 };
            struct sasl *s = NULL;
            assert_int_equal(sasl_new(every[i], rows[j].user, rows[j].password, &s, &e), -1);
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_null(s);
        }
    }
}

static void a_set_is_no_mechanism(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct sasl *s = NULL;
    enum mech set = (enum mech)(MECH_PLAIN | MECH_LOGIN);
    assert_int_equal(sasl_new(set, "alice", SPAN("sesame"), &s, &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mechanism_can_be_started),
        cmocka_unit_test(bad_credentials_are_refused),
        cmocka_unit_test(a_set_is_no_mechanism),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
