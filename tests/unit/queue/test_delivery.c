#include "queue/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A 5yz that the hint table knows. */
static void refuse(struct verdict *v, enum stage stage)
{
    struct reply reply = { .code = 535, .enhanced = "5.7.8" };
    buf_add_string(&reply.text, "Username and Password not accepted");
    reply_error(&reply, &v->err);
    reply_done(&reply);
    v->result = VERDICT_REFUSED;
    v->stage = stage;
}

static void test_new_ones_are_pending_and_old_ones_stay(void **state)
{
    (void)state;
    struct delivery d = { 0 };
    delivery_grow(&d, 1);
    d.verdicts[0].result = VERDICT_SENT;
    delivery_grow(&d, 3);
    assert_int_equal(d.n, 3);
    assert_int_equal(d.verdicts[0].result, VERDICT_SENT);
    assert_int_equal(d.verdicts[1].result, VERDICT_PENDING);
    assert_int_equal(d.verdicts[2].result, VERDICT_PENDING);
    delivery_grow(&d, 3);
    assert_int_equal(d.n, 3);
    delivery_done(&d);
    assert_null(d.verdicts);
    assert_int_equal(d.n, 0);
}

static void test_pending_ones_share_the_reason(void **state)
{
    (void)state;
    struct delivery d = { 0 };
    ERR e = { 0 };
    err_set(&e, ERR_TEMPORARY, "no route to host");
    delivery_grow(&d, 2);
    d.verdicts[1].result = VERDICT_SENT;
    delivery_fail(&d, STAGE_CONNECT, &e);
    assert_int_equal(d.session.result, VERDICT_FAILED);
    assert_int_equal(d.session.stage, STAGE_CONNECT);
    assert_int_equal(d.verdicts[0].result, VERDICT_FAILED);
    assert_int_equal(d.verdicts[0].stage, STAGE_CONNECT);
    assert_string_equal(d.verdicts[0].err.text, "no route to host");
    assert_int_equal(d.verdicts[1].result, VERDICT_SENT);
    assert_int_equal(d.verdicts[1].err.kind, ERR_NONE);
    delivery_done(&d);
}

static void test_failures_have_their_hints(void **state)
{
    (void)state;
    struct delivery d = { 0 };
    delivery_grow(&d, 2);
    refuse(&d.verdicts[0], STAGE_AUTH);
    refuse(&d.verdicts[1], STAGE_AUTH);
    d.verdicts[1].result = VERDICT_SENT;
    delivery_explain(&d);
    assert_non_null(d.verdicts[0].err.hint);
    assert_null(d.verdicts[1].err.hint);
    delivery_done(&d);
}

static void test_without_recipients(void **state)
{
    (void)state;
    struct delivery d = { 0 };
    ERR e = { 0 };
    err_set(&e, ERR_CONFIG, "no host");
    delivery_fail(&d, STAGE_NONE, &e);
    delivery_explain(&d);
    assert_int_equal(d.session.result, VERDICT_FAILED);
    assert_int_equal(d.n, 0);
    delivery_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_ones_are_pending_and_old_ones_stay),
        cmocka_unit_test(test_pending_ones_share_the_reason),
        cmocka_unit_test(test_failures_have_their_hints),
        cmocka_unit_test(test_without_recipients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
