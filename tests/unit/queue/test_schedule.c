#include "queue/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR, YEAR = 365 * DAY };

static const int64_t steps[] = { MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR, 3 * HOUR };
static const struct schedule usual = { steps, 5 };

static const struct {
    unsigned attempts;
    int64_t pause;
} pauses[] = {
    { 0, MINUTE }, { 1, MINUTE },   { 2, 2 * MINUTE }, { 3, 5 * MINUTE },
    { 4, HOUR },   { 5, 3 * HOUR }, { 6, 3 * HOUR },   { 4000000000, 3 * HOUR },
};

static void test_pauses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        int64_t most = pauses[i].pause * 15 / 100;
        int64_t low = INT64_MAX, high = 0;
        for (uint32_t random = 0; random < 5000; random++) {
            int64_t pause = schedule_pause(&usual, pauses[i].attempts, random * 858993);
            assert_in_range(pause, pauses[i].pause - most, pauses[i].pause + most);
            low = pause < low ? pause : low;
            high = pause > high ? pause : high;
        }
        assert_true(low < pauses[i].pause - most / 2 && high > pauses[i].pause + most / 2);
    }
    assert_true(schedule_pause(&usual, 1, UINT32_MAX) > 0);
}

/* An end that was left open waits its half hour at least, whatever the steps say. */
static void test_pause_after(void **state)
{
    (void)state;
    for (uint32_t random = 0; random < 5000; random++) {
        uint32_t r = random * 858993;
        for (unsigned attempts = 1; attempts < 6; attempts++) {
            int64_t pause = schedule_pause(&usual, attempts, r);
            int64_t open = pause < SCHEDULE_AMBIGUOUS ? SCHEDULE_AMBIGUOUS : pause;
            assert_int_equal(schedule_pause_after(&usual, attempts, false, r), pause);
            assert_int_equal(schedule_pause_after(&usual, attempts, true, r), open);
        }
    }
}

static const struct {
    int64_t lifetime;
    bool bounce;
    int64_t is;
} lifetimes[] = {
    { 3 * DAY, false, 3 * DAY }, { 3 * DAY, true, DAY }, { HOUR, false, HOUR },
    { HOUR, true, HOUR },        { 0, false, 0 },        { 0, true, DAY },
};

static void test_lifetime(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lifetimes / sizeof *lifetimes; i++)
        assert_int_equal(schedule_lifetime(lifetimes[i].lifetime, lifetimes[i].bounce),
                         lifetimes[i].is);
}

static const struct {
    int64_t next, now;
    bool due;
} dues[] = {
    { 0, 1000, true },
    { 1000, 1000, true },
    { 1001, 1000, false },
    { 1000 + 3 * HOUR, 1000, false },
    { 1000 + 3 * HOUR + 3 * HOUR * 15 / 100, 1000, false },
    { 1001 + 3 * HOUR + 3 * HOUR * 15 / 100, 1000, true }, /* the clock stepped back */
    { 20LL * YEAR, 10LL * YEAR, true },
    { 20LL * YEAR, 20LL * YEAR - HOUR, false },
    { 20LL * YEAR, 30LL * YEAR, true },
    { 9999999999999, 1000, true },
};

static void test_due(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++)
        assert_int_equal(schedule_is_due(&usual, dues[i].next, dues[i].now), dues[i].due);
    const int64_t second[] = { 1 };
    const struct schedule quick = { second, 1 };
    assert_false(schedule_is_due(&quick, 1000 + SCHEDULE_AMBIGUOUS, 1000));
    assert_true(schedule_is_due(&quick, 1001 + SCHEDULE_AMBIGUOUS, 1000));
}

static const struct {
    int64_t last, now, tried;
} trieds[] = {
    { 0, 1000, 0 },
    { 1000, 1000, 0 },
    { 1000, 1060, 60 },
    { 1000, 1000 + SCHEDULE_PAUSE_MAX, SCHEDULE_PAUSE_MAX },
    { 1000, 1000 + 7 * DAY, SCHEDULE_PAUSE_MAX },
    { 1000, 1000 + 10LL * YEAR, SCHEDULE_PAUSE_MAX },
    { 20LL * YEAR, 20LL * YEAR - HOUR, 0 },
    { 20LL * YEAR, 10LL * YEAR, 0 },
};

static void test_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof trieds / sizeof *trieds; i++)
        assert_int_equal(schedule_tried(trieds[i].last, trieds[i].now), trieds[i].tried);
}

enum { LIFE = 5 * DAY };

static const struct {
    int64_t created, now, tried, lifetime;
    bool expired;
} lives[] = {
    { 1000, 1000, 0, LIFE, false },
    { 1000, 1000 + LIFE, LIFE, LIFE, true },
    { 1000, 1000 + LIFE - 1, LIFE, LIFE, false }, /* tried is counted twice: age bounds it */
    { 1000, 1000 + LIFE + HOUR, LIFE - 1, LIFE, false },
    { 1000, 1000 + 10LL * YEAR, HOUR, LIFE, false }, /* forward step, or a machine that slept */
    { 1000, 1000 + 10LL * YEAR, LIFE, LIFE, true },
    { 20LL * YEAR, 10LL * YEAR, HOUR, LIFE, false }, /* backward step */
    { 20LL * YEAR, 10LL * YEAR, LIFE, LIFE, true },
    { 1000, 1000 + 10LL * YEAR, 10LL * YEAR, 0, false },
};

static void test_expired(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++)
        assert_int_equal(
            schedule_is_expired(lives[i].created, lives[i].now, lives[i].tried, lives[i].lifetime),
            lives[i].expired);
}

/* A message is tried by the schedule while the clock steps in mid-life: it is given up after its
 * lifetime as it was really lived, give or take. */
static const int64_t clock_steps[] = { 0, HOUR, -HOUR, 10LL * YEAR, -10LL * YEAR };

static int64_t life_with_step(int64_t step)
{
    int64_t real = 0, clock = 30LL * YEAR, created = clock, last = 0, tried = 0;
    for (unsigned attempts = 1; attempts < 1000; attempts++) {
        tried += schedule_tried(last, clock);
        last = clock;
        if (schedule_is_expired(created, clock, tried, LIFE))
            return real;
        int64_t pause = schedule_pause(&usual, attempts, attempts * 2654435761u);
        int64_t next = clock + pause;
        for (int64_t waited = 0; !schedule_is_due(&usual, next, clock); waited += MINUTE) {
            assert_true(waited <= 4 * HOUR);
            real += MINUTE;
            clock += MINUTE;
        }
        if (attempts == 20)
            clock += step;
    }
    return INT64_MAX;
}

static void test_steps_of_the_clock(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clock_steps / sizeof *clock_steps; i++)
        assert_in_range(life_with_step(clock_steps[i]), LIFE - SCHEDULE_PAUSE_MAX,
                        LIFE + 2 * SCHEDULE_PAUSE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_pause_after),
        cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_tried),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_steps_of_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
