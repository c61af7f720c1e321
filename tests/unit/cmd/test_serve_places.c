#include "cmd/serve_places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_user),
        cmocka_unit_test(test_the_last_ones),
        cmocka_unit_test(test_a_new_configuration),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
