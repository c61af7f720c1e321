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

static void test_queue(void **state)
{
    ARENA a = { 0 };
    BUF got = { 0 };
    struct config c = { .origins = arena_new(&a, option_count, 1) };
    (void)state;
    option_set_initial(&a, OPTION_QUEUE, &c.queue);
    c.queue.mode = QUEUE_MODE_TRY;
    c.origins[option_find(OPTION_QUEUE, SPAN("mode")) - option_table] = ORIGIN_CONFIG;
    queue_describe(&got, &c);
    assert_string_equal(buf_string(&got),
                        "queue\n"
                        "config     mode = try\n"
                        "built-in   lifetime = 5d\n"
                        "built-in   bounce = sender\n"
                        "built-in   warn_after = off\n"
                        "built-in   retry = 1m, 2m, 5m, 10m, 20m, 30m, 1h, 2h, 3h\n"
                        "built-in   budget = 20s\n"
                        "built-in   max_messages = 0\n"
                        "built-in   max_bytes = 0\n");
}

static void test_serve_only_where_it_is_set(void **state)
{
    ARENA a = { 0 };
    BUF got = { 0 };
    struct config c = { .origins = arena_new(&a, option_count, 1) };
    (void)state;
    option_set_initial(&a, OPTION_SERVE, &c.serve);
    serve_describe(&got, &c);
    assert_int_equal(got.len, 0);
    c.serve.connections = 7;
    c.origins[option_find(OPTION_SERVE, SPAN("connections")) - option_table] = ORIGIN_CONFIG;
    serve_describe(&got, &c);
    assert_true(span_starts(buf_span(&got), "\nserve\nbuilt-in   socket = "));
    assert_non_null(strstr(buf_string(&got), "\nconfig     connections = 7\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_serve_only_where_it_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
