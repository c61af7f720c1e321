/* A machine without libgsasl. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"

static const char *library_name;

#undef GSASL_SONAME
#define GSASL_SONAME library_name
#include "../../../src/auth/gsasl.c"

#include "auth/prepare.h"
#include "auth/sasl.h"

static const char absent[] = "libgsasl.so.none";

static void it_is_told_what_needs_it(void **state)
{
    (void)state;
    ERR e = { 0 };
    library_name = absent;
    assert_int_equal(gsasl_open("GSSAPI", &e), -1);
    assert_int_equal(e.kind, ERR_LIBRARY);
    assert_non_null(strstr(e.text, "GSSAPI needs lib"));
    assert_non_null(strstr(e.hint, "install libgsasl"));
}

static void what_is_not_ascii_cannot_be_prepared(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF prepared = { 0 };
    library_name = absent;
    assert_int_equal(prepare(SPAN("pa\303\237wort"), &prepared, &e), -1);
    assert_int_equal(e.kind, ERR_LIBRARY);
    assert_int_equal(prepared.len, 0);
    assert_false(sasl_scram_possible("user", SPAN("pa\303\237wort")));
}

/* PLAIN never asks for it, SCRAM not for ASCII. */
static void most_logins_do_not_need_it(void **state)
{
    static const enum mech mechs[] = { MECH_PLAIN,         MECH_LOGIN,    MECH_SCRAM_SHA_1,
                                       MECH_SCRAM_SHA_256, MECH_CRAM_MD5, MECH_EXTERNAL };
    (void)state;
    library_name = absent;
    assert_true(sasl_scram_possible("user", SPAN("pencil")));
    for (size_t i = 0; i < sizeof mechs / sizeof *mechs; i++) {
        ERR e = { 0 };
        struct sasl *s = NULL;
        struct sasl_setup setup = { .mech = mechs[i], .user = "user", .secret = SPAN("pencil") };
        assert_int_equal(sasl_new(&setup, &s, &e), 0);
        sasl_free(s);
    }
}

static void an_open_library_has_its_functions(void **state)
{
    (void)state;
    ERR e = { 0 };
    library_name = "libgsasl.so.18";
    if (gsasl_open("the test", &e) < 0)
        skip();
    assert_non_null(gsasl.saslprep);
    assert_non_null(gsasl.strerror);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_what_needs_it),
        cmocka_unit_test(what_is_not_ascii_cannot_be_prepared),
        cmocka_unit_test(most_logins_do_not_need_it),
        cmocka_unit_test(an_open_library_has_its_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
