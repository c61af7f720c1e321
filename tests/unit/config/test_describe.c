#include "base/buf.h"
#include "config/accounts.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void test_describe(void **state)
{
    ERR e = { 0 };
    BUF got = { 0 };
    struct config c = { 0 };
    struct draft draft = fixture_draft(&c.arena, "[defaults]\ntls = implicit\n"
                                                 "[account b]\nuser = me\n"
                                                 "[account a]\ninherit = b\nhost = h, i:25\n"
                                                 "password = secret\n");
    (void)state;
    assert_int_equal(accounts_build(&c, &draft, &e), 0);
    account_describe(&got, &c.accounts[1]);
    assert_true(span_starts(buf_span(&got), "account a (f:5)\naccount    host = h, i:25\n"
                                            "defaults   tls = implicit\n"
                                            "built-in   timeout = 15m\n"));
    assert_non_null(strstr(buf_string(&got), "\ninherited  user = me\n"
                                             "account    password = ***\n"));
    assert_null(strstr(buf_string(&got), "secret"));
    assert_null(strstr(buf_string(&got), "source_ip"));
    config_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
