/* One works, one waits, a third one leaves. */
#include "queue/turn.h"

#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct scratch scratch;
    struct spool spool;
    struct turn a, b;
};

static void set_up(struct place *p)
{
    ERR e = { 0 };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    assert_int_equal(turn_open(&p->spool, &p->a, &e), 0);
    assert_int_equal(turn_open(&p->spool, &p->b, &e), 0);
}

static void tear_down(struct place *p)
{
    turn_close(&p->a);
    turn_close(&p->b);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p);
    assert_int_equal(turn_try(&p.a, &e), 1);
    assert_int_equal(turn_try(&p.b, &e), 0);
    turn_end(&p.a);
    assert_int_equal(turn_wait(&p.b, &p.spool, &e), 1);
    assert_int_equal(turn_try(&p.a, &e), 0);
    turn_close(&p.b);
    assert_int_equal(turn_try(&p.a, &e), 1);
    tear_down(&p);
}

static void test_one_waits(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p);
    assert_int_equal(turn_try(&p.a, &e), 1);
    int wait = openat(p.spool.root, "wait", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(wait, LOCK_EX), 0);
    assert_int_equal(turn_wait(&p.b, &p.spool, &e), 0);
    turn_end(&p.a);
    assert_int_equal(turn_wait(&p.b, &p.spool, &e), 0);
    close(wait);
    assert_int_equal(turn_wait(&p.b, &p.spool, &e), 1);
    tear_down(&p);
}

/* Seen from outside: whoever asks does not take it. */
static void test_taken(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p);
    assert_false(turn_is_taken(&p.spool));
    assert_int_equal(turn_try(&p.a, &e), 1);
    assert_true(turn_is_taken(&p.spool));
    turn_end(&p.a);
    assert_false(turn_is_taken(&p.spool));
    assert_int_equal(unlinkat(p.spool.root, "lock", 0), 0);
    assert_false(turn_is_taken(&p.spool));
    assert_int_equal(symlinkat("lock", p.spool.root, "lock"), 0);
    assert_true(turn_is_taken(&p.spool)); /* who knows? */
    tear_down(&p);
}

static void test_no_link_is_followed(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct turn t;
    set_up(&p);
    assert_int_equal(unlinkat(p.spool.root, "lock", 0), 0);
    assert_int_equal(symlinkat("/dev/null", p.spool.root, "lock"), 0);
    assert_int_equal(turn_open(&p.spool, &t, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_one_waits),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_no_link_is_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
