#include "queue/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RCPTS = 2 };

/* What an attempt comes to. */
enum event {
    SENT,        /* both have it */
    HALF,        /* the first has it, the connection ends before the second answer */
    OPEN,        /* it ends behind the message */
    CUT,         /* it ends within the message */
    BUSY,        /* 421 */
    RESET,       /* it ends before a greeting */
    AWAY,        /* nobody listens */
    REFUSED,     /* for good, both, in answer to the message */
    NOT_NOW,     /* 451 to MAIL */
    NO_PASSWORD, /* before any connection */
};

struct script {
    enum event events[8];
    size_t n, at;
};

static void put(struct verdict *v, enum verdict_result result, enum stage stage, enum err_kind kind)
{
    v->result = result;
    v->stage = stage;
    if (kind)
        err_set(&v->err, kind, "it failed");
}

static void put_all(struct delivery *d, enum verdict_result result, enum stage stage,
                    enum err_kind kind)
{
    for (size_t i = 0; i < d->n; i++)
        put(&d->verdicts[i], result, stage, kind);
}

static void end(struct delivery *d, enum stage stage, enum err_kind kind, int code)
{
    ERR e = { 0 };
    err_set(&e, kind, "it failed");
    e.code = code;
    delivery_fail(d, stage, &e);
}

static void play(void *context, struct delivery *ret)
{
    struct script *s = context;
    assert_true(s->at < s->n);
    *ret = (struct delivery){ 0 };
    delivery_grow(ret, RCPTS);
    switch (s->events[s->at++]) {
    case SENT: put_all(ret, VERDICT_SENT, STAGE_END, ERR_NONE); break;
    case HALF:
        put(&ret->verdicts[0], VERDICT_SENT, STAGE_END, ERR_NONE);
        put(&ret->verdicts[1], VERDICT_AMBIGUOUS, STAGE_END, ERR_AMBIGUOUS);
        break;
    case OPEN: put_all(ret, VERDICT_AMBIGUOUS, STAGE_END, ERR_AMBIGUOUS); break;
    case CUT: put_all(ret, VERDICT_FAILED, STAGE_BODY, ERR_CLOSED); break;
    case BUSY: end(ret, STAGE_GREETING, ERR_REPLY, 421); break;
    case RESET: end(ret, STAGE_GREETING, ERR_CLOSED, 0); break;
    case AWAY: end(ret, STAGE_CONNECT, ERR_CONNECT, 0); break;
    case REFUSED: put_all(ret, VERDICT_REFUSED, STAGE_END, ERR_REPLY); break;
    case NOT_NOW: put_all(ret, VERDICT_FAILED, STAGE_MAIL, ERR_REPLY); break;
    case NO_PASSWORD: end(ret, STAGE_SECRET, ERR_CONFIG, 0); break;
    }
}

static const struct row {
    const char *what;
    bool nonce;
    struct script script;
    enum verdict_result first, second;
} rows[] = {
    { "at once", true, { { SENT }, 1, 0 }, VERDICT_SENT, VERDICT_SENT },
    { "turned away", false, { { BUSY, BUSY, SENT }, 3, 0 }, VERDICT_SENT, VERDICT_SENT },
    { "restarted", false, { { RESET, AWAY, AWAY, SENT }, 4, 0 }, VERDICT_SENT, VERDICT_SENT },
    { "no use", true, { { NO_PASSWORD }, 1, 0 }, VERDICT_FAILED, VERDICT_FAILED },
    { "refused", true, { { REFUSED }, 1, 0 }, VERDICT_REFUSED, VERDICT_REFUSED },
    { "open", true, { { OPEN, SENT }, 2, 0 }, VERDICT_SENT, VERDICT_SENT },
    { "open, no nonce", false, { { OPEN }, 1, 0 }, VERDICT_AMBIGUOUS, VERDICT_AMBIGUOUS },
    { "cut", true, { { CUT, SENT }, 2, 0 }, VERDICT_SENT, VERDICT_SENT },
    { "cut, no nonce", false, { { CUT }, 1, 0 }, VERDICT_FAILED, VERDICT_FAILED },
    { "open, restarted",
      true,
      { { OPEN, AWAY, BUSY, RESET, REFUSED }, 5, 0 },
      VERDICT_REFUSED,
      VERDICT_REFUSED },
    { "an answer stands", true, { { HALF, REFUSED }, 2, 0 }, VERDICT_SENT, VERDICT_REFUSED },
    { "may be there",
      true,
      { { OPEN, NOT_NOW, NOT_NOW }, 3, 0 },
      VERDICT_AMBIGUOUS,
      VERDICT_AMBIGUOUS },
    { "may be there, cut",
      true,
      { { OPEN, CUT, CUT }, 3, 0 },
      VERDICT_AMBIGUOUS,
      VERDICT_AMBIGUOUS },
    { "is not there", true, { { CUT, NOT_NOW }, 2, 0 }, VERDICT_FAILED, VERDICT_FAILED },
    { "given and gone", true, { { CUT, NO_PASSWORD }, 2, 0 }, VERDICT_FAILED, VERDICT_FAILED },
    { "kills it", true, { { OPEN, OPEN, OPEN }, 3, 0 }, VERDICT_AMBIGUOUS, VERDICT_AMBIGUOUS },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct script script = rows[i].script;
        struct delivery d;
        retry_deliver(&(struct retry){ play, &script, rows[i].nonce }, &d);
        if (script.at != script.n)
            fail_msg("%s: %zu attempts", rows[i].what, script.at);
        if (d.verdicts[0].result != rows[i].first || d.verdicts[1].result != rows[i].second)
            fail_msg("%s: %s, %s", rows[i].what, verdict_name(d.verdicts[0].result),
                     verdict_name(d.verdicts[1].result));
        delivery_done(&d);
    }
}

static void stay_away(void *context, struct delivery *ret)
{
    int *n = context;
    ++*n;
    *ret = (struct delivery){ 0 };
    delivery_grow(ret, RCPTS);
    end(ret, STAGE_CONNECT, ERR_CONNECT, 0);
}

static void test_away_for_good(void **state)
{
    (void)state;
    struct delivery d;
    int n = 0;
    int64_t begun = clock_ms();
    retry_deliver(&(struct retry){ stay_away, &n, true }, &d);
    int64_t took = clock_ms() - begun;
    assert_true(took >= RETRY_AWAY_MS && took < RETRY_MS);
    assert_true(n > 5);
    assert_int_equal(d.verdicts[0].result, VERDICT_FAILED);
    delivery_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_away_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
