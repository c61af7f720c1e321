/* handover.c: which mode holds, and what the runner is told to find. */
#include "cmd/handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void test_mode(void **state)
{
    static const struct {
        enum queue_mode configured;
        bool queue, no_queue;
        const char *set;
        enum queue_mode mode;
    } rows[] = {
        { QUEUE_MODE_DIRECT, false, false, NULL, QUEUE_MODE_DIRECT },
        { QUEUE_MODE_DIRECT, true, false, NULL, QUEUE_MODE_QUEUE },
        { QUEUE_MODE_TRY, false, false, NULL, QUEUE_MODE_TRY },
        { QUEUE_MODE_TRY, false, true, NULL, QUEUE_MODE_DIRECT },
        { QUEUE_MODE_TRY, true, false, NULL, QUEUE_MODE_QUEUE },
        { QUEUE_MODE_TRY, false, false, "port=25", QUEUE_MODE_TRY },
        { QUEUE_MODE_TRY, false, false, "password=secret", QUEUE_MODE_DIRECT },
        { QUEUE_MODE_QUEUE, false, false, "password=secret", QUEUE_MODE_DIRECT },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        struct options options = { .queue = rows[i].queue, .no_queue = rows[i].no_queue };
        struct submission s = { .options = &options };
        s.config.queue.mode = rows[i].configured;
        if (rows[i].set)
            strlist_add(&a, &options.sets, rows[i].set);
        assert_int_equal(handover_mode(&s), rows[i].mode);
    }
}

static void test_route(void **state)
{
    static const struct {
        const char *option, *environment;
        const char *config; /* NULL: none; "": below the working folder */
    } rows[] = {
        { NULL, NULL, NULL },           { "/etc/x.conf", NULL, "/etc/x.conf" },
        { NULL, "/e.conf", "/e.conf" }, { "/o.conf", "/e.conf", "/o.conf" },
        { "x.conf", NULL, "" },         { NULL, "", NULL },
    };
    (void)state;
    assert_int_equal(chdir("/tmp"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct account account = { .name = "test" };
        struct options options = { .config = rows[i].option };
        struct submission s = { .options = &options, .account = &account };
        struct submit_request request;
        if (rows[i].environment)
            setenv("POSTBAG_CONFIG", rows[i].environment, 1);
        else
            unsetenv("POSTBAG_CONFIG");
        handover_prepare(&s, "host", (struct stream_trace){ 0 }, &request);
        assert_string_equal(request.route.account, "test");
        if (!rows[i].config)
            assert_null(request.route.config);
        else
            assert_string_equal(request.route.config,
                                *rows[i].config ? rows[i].config : "/tmp/x.conf");
        arena_done(&s.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
