#include "queue/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    enum stage stage;
    enum err_kind kind;
    int code;
    const char *reply;
    bool concerns;
} failures[] = {
    /* before a transaction */
    { STAGE_SECRET, ERR_CONFIG, 0, NULL, true },
    { STAGE_LOOKUP, ERR_NOHOST, 0, NULL, true },
    { STAGE_LOOKUP, ERR_LOOKUP, 0, NULL, true },
    { STAGE_CONNECT, ERR_CONNECT, 0, NULL, true },
    { STAGE_CONNECT, ERR_SYSTEM, 0, NULL, true },
    { STAGE_GREETING, ERR_REPLY, 554, "no SMTP service here", true },
    { STAGE_EHLO, ERR_TIMEOUT, 0, NULL, true },
    { STAGE_EHLO, ERR_PROTOCOL, 0, NULL, true },
    { STAGE_STARTTLS, ERR_UNAVAILABLE, 0, NULL, true },
    { STAGE_TLS, ERR_CERTIFICATE, 0, NULL, true },
    { STAGE_AUTH, ERR_REPLY, 535, "5.7.8 no", true },
    { STAGE_AUTH, ERR_REPLY, 454, "4.7.0 later", true },
    { STAGE_AUTH, ERR_CLOSED, 0, NULL, true },
    /* the account, said late */
    { STAGE_MAIL, ERR_CONFIG, 0, NULL, true },
    { STAGE_MAIL, ERR_PERMISSION, 0, NULL, true },
    { STAGE_MAIL, ERR_LIBRARY, 0, NULL, true },
    { STAGE_MAIL, ERR_REPLY, 421, "closing", true },
    { STAGE_END, ERR_REPLY, 421, "closing", true },
    { STAGE_MAIL, ERR_REPLY, 530, "Authentication required", true },
    { STAGE_RCPT, ERR_REPLY, 554, "5.7.1 <h[192.0.2.1]>: Client host rejected: Access denied",
      true },
    { STAGE_RCPT, ERR_REPLY, 504, "5.5.2 <h>: Helo command rejected: need a name", true },
    { STAGE_END, ERR_REPLY, 550, "5.4.5 Daily user sending limit exceeded.", true },
    { STAGE_MAIL, ERR_REPLY, 451, "4.7.1 Error: too much mail from 192.0.2.1", true },
    { STAGE_MAIL, ERR_REPLY, 454, "Throttling failure: Daily message quota exceeded.", true },
    { STAGE_MAIL, ERR_REPLY, 535, "5.7.139 Basic authentication is disabled", true },
    /* one message, or one recipient */
    { STAGE_NONE, ERR_NONE, 0, NULL, false },
    { STAGE_MAIL, ERR_CLOSED, 0, NULL, false },
    { STAGE_BODY, ERR_TIMEOUT, 0, NULL, false },
    { STAGE_BODY, ERR_IO, 0, NULL, false },
    { STAGE_END, ERR_AMBIGUOUS, 0, NULL, false },
    { STAGE_MAIL, ERR_DATA, 0, NULL, false },
    { STAGE_MAIL, ERR_UNAVAILABLE, 0, NULL, false },
    { STAGE_MAIL, ERR_REPLY, 553, "5.7.1 <a@b>: Sender address rejected: not owned by user u",
      false },
    { STAGE_RCPT, ERR_REPLY, 550, "5.1.1 no such user", false },
    { STAGE_RCPT, ERR_REPLY, 450, "4.2.0 Greylisted, come back", false },
    { STAGE_RCPT, ERR_REPLY, 554, "5.7.1 <x@y>: Relay access denied", false },
    { STAGE_RCPT, ERR_REPLY, 452, "4.2.2 The recipient's inbox is out of storage space", false },
    { STAGE_END, ERR_REPLY, 552, "5.3.4 Message size exceeds fixed limit", false },
    { STAGE_END, ERR_REPLY, 554, "5.7.1 spam", false },
    { STAGE_END, ERR_REPLY, 451, "4.3.0 queue file write error", false },
};

static void fill(struct err *e, enum err_kind kind, int code, const char *reply)
{
    (void)err_set(e, kind, "it failed");
    e->code = code;
    e->reply = reply ? mem_string(reply) : NULL;
}

static void test_concerns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        ERR e = { 0 };
        if (failures[i].kind)
            fill(&e, failures[i].kind, failures[i].code, failures[i].reply);
        if (standing_concerns(failures[i].stage, &e) != failures[i].concerns)
            fail_msg("row %zu: %s", i, failures[i].reply ? failures[i].reply : "");
    }
}

static const int64_t steps[] = { 60, 600 };
static const struct schedule schedule = { steps, 2 };

static void check_pause(const struct standing *s, int64_t step)
{
    assert_in_range(s->next_s - s->last_s, step * 8 / 10, step * 12 / 10);
}

static void test_failures_in_a_row(void **state)
{
    (void)state;
    const int64_t start = 1795000000;
    struct standing s = { .bucket = { 2, 7 } };
    struct verdict why = { .stage = STAGE_CONNECT };
    (void)err_set(&why.err, ERR_CONNECT, "refused");
    standing_fail(&s, &schedule, &why, start, 1);
    assert_int_equal(s.failures, 1);
    assert_int_equal(s.since_s, start);
    assert_int_equal(s.tried_s, 0);
    assert_false(s.permanent);
    assert_string_equal(s.text, "refused");
    assert_null(s.hint);
    check_pause(&s, 60);

    fill(&why.err, ERR_REPLY, 535, "no");
    err_hint(&why.err, "mend it");
    why.stage = STAGE_AUTH;
    standing_fail(&s, &schedule, &why, start + 60, 99);
    assert_int_equal(s.failures, 2);
    assert_int_equal(s.since_s, start);
    assert_int_equal(s.tried_s, 60);
    assert_true(s.permanent);
    assert_int_equal(s.stage, STAGE_AUTH);
    assert_string_equal(s.hint, "mend it");
    check_pause(&s, 600);

    standing_clear(&s);
    assert_int_equal(s.failures, 0);
    assert_null(s.text);
    assert_int_equal(s.next_s, 0);
    assert_int_equal(s.bucket.tokens_at, 7);
    standing_done(&s);
    verdict_done(&why);
}

/* Patience does not grow by ten years because the clock does, nor shrink when it goes back. */
static void test_clock_steps_and_patience(void **state)
{
    (void)state;
    const int64_t start = 1795000000, years = 10LL * 365 * 86400;
    struct standing s = { 0 };
    struct verdict why = { .stage = STAGE_CONNECT };
    (void)err_set(&why.err, ERR_CONNECT, "refused");
    standing_fail(&s, &schedule, &why, start, 1);
    standing_fail(&s, &schedule, &why, start + years, 1);
    assert_in_range(s.tried_s, 0, SCHEDULE_PAUSE_MAX);
    int64_t tried = s.tried_s;
    standing_fail(&s, &schedule, &why, start, 1);
    assert_int_equal(s.tried_s, tried);
    check_pause(&s, 600);
    standing_done(&s);
    verdict_done(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_concerns),
        cmocka_unit_test(test_failures_in_a_row),
        cmocka_unit_test(test_clock_steps_and_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
