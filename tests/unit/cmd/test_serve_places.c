#include "cmd/serve_places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <limits.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 20, OF_USER = 5 };

/* As many as there are places for; the numbers of their processes go up from here. */
static int fill(struct places *p, uid_t uid, pid_t from)
{
    struct place *place;
    int n = 0;
    while ((place = places_find(p, uid, MOST, OF_USER)))
        places_take(p, place, from + n++, uid);
    return n;
}

static void test_one_user(void **state)
{
    (void)state;
    struct places p = { 0 };
    assert_null(places_find(&p, 1, MOST, OF_USER));
    places_grow(&p, MOST);
    assert_int_equal(fill(&p, 1, 100), OF_USER);
    assert_non_null(places_find(&p, 2, MOST, OF_USER));
    assert_true(places_leave(&p, 102));
    assert_int_equal(p.busy, OF_USER - 1);
    assert_int_equal(fill(&p, 1, 200), 1);
    places_done(&p);
}

/* Each takes what he can. Four would do without the last rule. */
static void test_the_last_ones(void **state)
{
    static const int shares[] = { 5, 5, 4, 2, 2, 1, 1, 0 };
    (void)state;
    struct places p = { 0 };
    places_grow(&p, MOST);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        assert_int_equal(fill(&p, (uid_t)i, (pid_t)(1000 * (i + 1))), shares[i]);
    assert_int_equal(p.busy, MOST);
    assert_true(places_leave(&p, 1000));
    assert_null(places_find(&p, 3, MOST, OF_USER));
    assert_non_null(places_find(&p, 99, MOST, OF_USER));
    places_done(&p);
}

static void test_a_new_configuration(void **state)
{
    (void)state;
    struct places p = { 0 };
    places_grow(&p, 4);
    for (int i = 0; i < 4; i++)
        places_take(&p, &p.items[i], 10 + i, 1);
    places_grow(&p, 2);
    assert_int_equal(p.n, 4);
    assert_null(places_find(&p, 2, 2, 2));
    places_grow(&p, 6);
    assert_int_equal(p.busy, 4);
    assert_ptr_equal(places_find(&p, 2, 6, 2), &p.items[5]);
    places_done(&p);
}

static void test_strangers(void **state)
{
    (void)state;
    struct places p = { 0 };
    places_grow(&p, 2);
    places_take(&p, &p.items[0], 10, 1);
    assert_false(places_leave(&p, 11));
    assert_int_equal(p.busy, 1);
    places_done(&p);
}

static void test_signal(void **state)
{
    (void)state;
    struct places p = { 0 };
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    places_grow(&p, 3);
    places_take(&p, &p.items[1], pid, 1);
    places_signal(&p, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    places_done(&p);
}

/* ---- who is asked to wait no longer ---- */

/* So many of this user, who have waited for so long; none for less than 0. */
static void seat(struct places *p, uid_t uid, int n, int64_t ms)
{
    uint32_t since = (uint32_t)(clock_ms() - ms);
    for (size_t i = 0; i < p->n && n; i++) {
        if (p->items[i].pid)
            continue;
        places_take(p, &p->items[i], INT_MAX, uid); /* no process */
        p->items[i].waiter->since = ms < 0 ? 0 : since ? since : 1;
        n--;
    }
    assert_int_equal(n, 0);
}

/* Whom a newcomer has made end his wait: his uid; -1: nobody. */
static int asked(const struct places *p)
{
    int uid = -1;
    for (size_t i = 0; i < p->n; i++) {
        if (!p->items[i].pid || !p->items[i].waiter->since ||
            p->items[i].waiter->asked != p->items[i].waiter->since)
            continue;
        assert_int_equal(uid, -1);
        uid = (int)p->items[i].uid;
    }
    return uid;
}

static const struct {
    const char *what;
    struct {
        uid_t uid;
        int n;
        int64_t ms;
    } seats[4];
    int asked; /* for a newcomer who is user 1 */
} presses[] = {
    { "empty", { { 0 } }, -1 },
    { "room for all", { { 1, 2, 900 }, { 2, 5, 900 } }, -1 },
    { "his own share", { { 1, 5, 900 }, { 2, 5, 950 } }, 1 },
    { "not his, though they wait longer", { { 1, 4, -1 }, { 1, 1, 800 }, { 2, 5, 900 } }, 1 },
    { "nobody of his waits", { { 1, 5, -1 }, { 2, 5, 900 } }, -1 },
    { "nobody waits long enough", { { 1, 5, 100 } }, -1 },
    { "one is left", { { 2, 5, 800 }, { 3, 5, 900 }, { 4, 5, 700 }, { 5, 4, 600 } }, 3 },
    { "few are left", { { 2, 5, 800 }, { 3, 5, 900 }, { 4, 5, 700 }, { 5, 3, 600 } }, 3 },
    { "more are left", { { 2, 5, 800 }, { 3, 5, 900 }, { 4, 5, 700 }, { 5, 2, 600 } }, -1 },
    { "none is left", { { 2, 5, 800 }, { 3, 5, -1 }, { 4, 5, 700 }, { 5, 5, 600 } }, 2 },
    { "who has as many is let be",
      { { 2, 3, 800 }, { 1, 3, -1 }, { 4, 5, 700 }, { 5, 9, -1 } },
      4 },
    { "he has the most himself", { { 2, 3, 800 }, { 1, 4, -1 }, { 4, 4, 700 }, { 5, 9, -1 } }, -1 },
};

static void test_press(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof presses / sizeof *presses; i++) {
        struct places p = { 0 };
        places_grow(&p, MOST);
        for (size_t j = 0; j < 4; j++)
            seat(&p, presses[i].seats[j].uid, presses[i].seats[j].n, presses[i].seats[j].ms);
        places_press(&p, 1, places_find(&p, 1, MOST, OF_USER), MOST, OF_USER);
        if (asked(&p) != presses[i].asked)
            fail_msg("%s: %d", presses[i].what, asked(&p));
        places_done(&p);
    }
}

/* One after the other, when the last one has left or does not; the longest first. */
static void test_press_again(void **state)
{
    (void)state;
    struct places p = { 0 };
    places_grow(&p, 3);
    for (int i = 0; i < 3; i++)
        seat(&p, 1, 1, 500 + 100 * ((i + 1) % 3));
    static const size_t order[] = { 1, 0, 2 };
    for (size_t i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            places_press(&p, 1, NULL, 3, 3);
        assert_int_equal(waiter_ms(p.items[order[i]].waiter), -1);
        if (i < 2)
            assert_true(waiter_ms(p.items[order[i + 1]].waiter) > 0);
        if (i == 0)
            p.items[order[i]].asked_at -= PLACES_LEAVE_MS;
        if (i == 1)
            p.items[order[i]].pid = 0;
    }
    places_done(&p);
}

/* Of many, some at a time. */
static void test_press_many(void **state)
{
    (void)state;
    struct places p = { 0 };
    size_t n = 0;
    places_grow(&p, 40);
    seat(&p, 1, 40, 900);
    for (int i = 0; i < 40; i++)
        places_press(&p, 1, NULL, 40, 40);
    for (size_t i = 0; i < p.n; i++)
        n += waiter_is_asked(p.items[i].waiter);
    assert_int_equal(n, 40 / PLACES_SPARE);
    places_done(&p);
}

/* Whoever comes after him is another one. */
static void test_a_place_anew(void **state)
{
    (void)state;
    struct places p = { 0 };
    places_grow(&p, 1);
    seat(&p, 1, 1, 900);
    places_press(&p, 1, NULL, 1, 1);
    assert_true(waiter_is_asked(p.items[0].waiter) && p.items[0].asked_at);
    assert_true(places_leave(&p, INT_MAX));
    assert_int_equal(waiter_ms(p.items[0].waiter), -1);
    places_take(&p, &p.items[0], INT_MAX, 2);
    assert_int_equal(p.items[0].asked_at, 0);
    assert_int_equal(waiter_ms(p.items[0].waiter), -1);
    places_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_user),
        cmocka_unit_test(test_the_last_ones),
        cmocka_unit_test(test_a_new_configuration),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_press),
        cmocka_unit_test(test_press_again),
        cmocka_unit_test(test_press_many),
        cmocka_unit_test(test_a_place_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
