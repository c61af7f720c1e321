#include "cmd/serve_verdict.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static struct rcpt stored[] = { { .wire = "a@x" }, { .wire = "b@x" }, { .wire = "c@x" } };
static struct rcpt ours[] = {
    { .wire = "c@x" }, { .wire = "a@x" }, { .wire = "b@x" }, { .wire = "d@x" }
};

static void test_by_name(void **state)
{
    static const struct spool spool = { .root = -1 };
    char marks[] = { MARK_DELIVERED, MARK_REFUSED, MARK_TODO, '\0' };
    struct last_reply replies[] = {
        { .stage = STAGE_END, .code = 250, .enhanced = "2.6.0", .text = "Taken" },
        { .stage = STAGE_RCPT, .code = 550, .enhanced = "5.1.1", .text = "User unknown" },
        { .stage = STAGE_MAIL, .code = 451, .enhanced = "4.3.0", .text = "Not now" },
    };
    struct waiting w = { .marks = marks, .replies = replies, .n = 3, .item.spool = &spool };
    struct envelope envelope = { .rcpts = ours, .n_rcpts = 4 };
    struct delivery d = { 0 };
    (void)state;
    w.item.entry.envelope = (struct envelope){ .rcpts = stored, .n_rcpts = 3 };
    w.item.entry.route = (struct route){ .config = "/none", .account = "none" };
    serve_verdicts(&w, &envelope, &d);
    assert_int_equal(d.verdicts[0].result, VERDICT_QUEUED);
    assert_int_equal(d.verdicts[0].stage, STAGE_MAIL);
    assert_string_equal(d.verdicts[0].err.text, "451 4.3.0 Not now");
    assert_int_equal(d.verdicts[1].result, VERDICT_SENT);
    assert_string_equal(d.verdicts[1].err.reply, "Taken");
    assert_string_equal(d.verdicts[1].err.enhanced, "2.6.0");
    assert_int_equal(d.verdicts[2].result, VERDICT_REFUSED);
    assert_string_equal(d.verdicts[2].err.text, "550 5.1.1 User unknown");
    assert_int_equal(d.verdicts[3].result, VERDICT_FAILED); /* another message's name */
    assert_int_equal(serve_refusals(&d), 1);
    delivery_done(&d);
}

/* Kept, but it cannot be watched. */
static void test_unseen(void **state)
{
    struct waiting w = { 0 };
    struct envelope envelope = { .rcpts = ours, .n_rcpts = 4 };
    struct delivery d = { 0 };
    (void)state;
    serve_verdicts(&w, &envelope, &d);
    for (size_t i = 0; i < d.n; i++)
        assert_int_equal(d.verdicts[i].result, VERDICT_QUEUED);
    assert_int_equal(d.n, 4);
    delivery_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name),
        cmocka_unit_test(test_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
