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

/* Where the configuration came from, so that the runner finds the same. */
static void test_route(void **state)
{
    static const char *const files[] = { NULL, "/etc/x.conf" };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct account account = { .name = "test" };
        struct options options = { 0 };
        struct submission s = { .options = &options,
                                .account = &account,
                                .config = { .only = files[i] } };
        struct submit_request request;
        handover_prepare(&s, "host", (struct stream_trace){ 0 }, &request);
        assert_string_equal(request.route.account, "test");
        assert_ptr_equal(request.route.config, files[i]);
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
