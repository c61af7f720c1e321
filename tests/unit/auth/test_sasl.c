#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/sasl.h"

static const enum mech every[] = {
    MECH_PLAIN,
    MECH_LOGIN,
    MECH_SCRAM_SHA_1,
    MECH_SCRAM_SHA_256,
    MECH_SCRAM_SHA_1_PLUS,
    MECH_SCRAM_SHA_256_PLUS,
    MECH_CRAM_MD5,
    MECH_OAUTHBEARER,
    MECH_XOAUTH2,
};

static struct sasl_setup setup_of(enum mech mech)
{
    return (struct sasl_setup){ .mech = mech,
                                .user = "alice",
                                .secret = SPAN("sesame"),
                                .host = "localhost",
                                .port = 465,
                                .binding = SPAN("0123456789abcdef"),
                                .binding_type = "tls-exporter" };
}

static void every_mechanism_can_be_started(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = setup_of(every[i]);
        assert_int_equal(sasl_new(&setup, &s, &e), 0);
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
            struct sasl_setup setup = setup_of(every[i]);
            setup.user = rows[j].user;
            setup.secret = rows[j].password;
            assert_int_equal(sasl_new(&setup, &s, &e), -1);
            assert_int_equal(e.kind, ERR_CONFIG);
            assert_null(s);
        }
    }
}

static void what_binds_needs_something_to_bind_to(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = setup_of(i ? MECH_SCRAM_SHA_1_PLUS : MECH_SCRAM_SHA_256_PLUS);
        setup.binding = SPAN("");
        assert_int_equal(sasl_new(&setup, &s, &e), -1);
        assert_int_equal(e.kind, ERR_UNAVAILABLE);
        assert_null(s);
    }
}

static void a_set_is_no_mechanism(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct sasl *s = NULL;
    struct sasl_setup setup = setup_of((enum mech)(MECH_PLAIN | MECH_LOGIN));
    assert_int_equal(sasl_new(&setup, &s, &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mechanism_can_be_started),
        cmocka_unit_test(bad_credentials_are_refused),
        cmocka_unit_test(what_binds_needs_something_to_bind_to),
        cmocka_unit_test(a_set_is_no_mechanism),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
