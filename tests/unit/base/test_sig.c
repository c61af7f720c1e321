#include "base/sig.h"

#include "forked.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_set_to(int number, void (*effect)(int))
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == effect;
}

/* As a careless parent leaves them. */
static void leave_in_disorder(void)
{
    sigset_t all;
    signal(SIGCHLD, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static int in_order(void (*sigpipe)(int))
{
    static const int that_matter[] = { SIGCHLD, SIGHUP, SIGINT, SIGTERM };
    sigset_t now;
    sigprocmask(SIG_BLOCK, NULL, &now);
    for (int number = 1; number < 32; number++)
        if (sigismember(&now, number))
            return number;
    for (size_t i = 0; i < sizeof that_matter / sizeof *that_matter; i++)
        if (!is_set_to(that_matter[i], SIG_DFL))
            return that_matter[i];
    return is_set_to(SIGPIPE, sigpipe) ? 0 : SIGPIPE;
}

static int start_part(void *unused)
{
    (void)unused;
    leave_in_disorder();
    sig_start();
    return in_order(SIG_IGN);
}

static int reset_part(void *unused)
{
    (void)unused;
    leave_in_disorder();
    sig_reset();
    return in_order(SIG_DFL);
}

static void test_order(void **state)
{
    (void)state;
    assert_int_equal(forked(start_part, NULL), 0);
    assert_int_equal(forked(reset_part, NULL), 0);
}

/* nohup(1): it is neither held nor caught, and the others are held all the same. */
static int ignored_part(void *number)
{
    signal(*(int *)number, SIG_IGN);
    sig_start();
    sig_hold();
    raise(*(int *)number);
    if (!is_set_to(*(int *)number, SIG_IGN) || sig_caught() || !sig_is_held())
        return 1;
    sig_release();
    return !is_set_to(*(int *)number, SIG_IGN);
}

static void test_ignored_stay_ignored(void **state)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU };
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int number = numbers[i];
        if (forked(ignored_part, &number) != 0)
            fail_msg("signal %d", number);
    }
}

static int die_part(void *number)
{
    sig_start();
    raise(*(int *)number);
    return 0;
}

/* The signal arrives while poll waits: sent beforehand, and let through by ppoll alone. */
static int hold_part(void *number)
{
    sigset_t blocked, none;
    sigemptyset(&none);
    sigfillset(&blocked);
    sig_start();
    sig_hold();
    if (sig_caught())
        return 1;
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    raise(*(int *)number);
    if (ppoll(NULL, 0, NULL, &none) >= 0 || errno != EINTR)
        return 2;
    if (sig_caught() != *(int *)number)
        return 3;
    sig_hold(); /* once more: what was caught stays */
    return sig_caught() != *(int *)number || !sig_is_held();
}

static void test_hold(void **state)
{
    static const struct {
        int number;
        bool held;
    } rows[] = {
        { SIGTERM, true }, { SIGINT, true },  { SIGHUP, true },     { SIGQUIT, true },
        { SIGALRM, true }, { SIGUSR1, true }, { SIGSTKFLT, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int number = rows[i].number;
        assert_int_equal(forked(die_part, &number), 256 + number);
        assert_int_equal(forked(hold_part, &number), rows[i].held ? 0 : 256 + number);
    }
}

/* Where they are held already nothing is asked for a second time. */
static int hold_twice_part(void *unused)
{
    (void)unused;
    sig_start();
    sig_hold();
    signal(SIGUSR1, SIG_DFL);
    sig_hold();
    if (!is_set_to(SIGUSR1, SIG_DFL))
        return 1;
    sig_release();
    sig_hold();
    return is_set_to(SIGUSR1, SIG_DFL);
}

static void test_hold_twice(void **state)
{
    (void)state;
    assert_int_equal(forked(hold_twice_part, NULL), 0);
}

/* TERM and HUP ask to stop; INT kills; held, a signal no longer stops anything. */
static int defer_part(void *number)
{
    sig_start();
    sig_defer();
    if (sig_stop() || sig_is_held())
        return 1;
    raise(*(int *)number);
    if (sig_stop() != *(int *)number || sig_caught() != *(int *)number)
        return 2;
    sig_hold();
    return sig_stop() || sig_caught() != *(int *)number || !sig_is_held();
}

/* nohup(1) again: a signal that is ignored stays so. */
static int defer_ignored_part(void *unused)
{
    (void)unused;
    signal(SIGHUP, SIG_IGN);
    sig_start();
    sig_defer();
    raise(SIGHUP);
    return sig_stop() || !is_set_to(SIGHUP, SIG_IGN);
}

static void test_defer(void **state)
{
    static const struct {
        int number;
        int result;
    } rows[] = { { SIGTERM, 0 }, { SIGHUP, 0 }, { SIGINT, 256 + SIGINT } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int number = rows[i].number;
        assert_int_equal(forked(defer_part, &number), rows[i].result);
    }
    assert_int_equal(forked(defer_ignored_part, NULL), 0);
}

/* Nothing caught: nothing happens, and the next signal ends the process. */
static int release_part(void *number)
{
    sig_start();
    sig_hold();
    sig_release();
    raise(*(int *)number);
    return 1;
}

/* Caught while held: has its effect at the release, not before. */
static int late_part(void *number)
{
    sig_start();
    sig_hold();
    raise(*(int *)number);
    if (sig_caught() != *(int *)number)
        return 1;
    sig_release();
    return 2;
}

static int ignored_release_part(void *number)
{
    signal(SIGHUP, SIG_IGN);
    sig_start();
    sig_hold();
    sig_release();
    raise(SIGHUP);
    return number != NULL;
}

static void test_release(void **state)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int number = numbers[i];
        assert_int_equal(forked(release_part, &number), 256 + number);
        assert_int_equal(forked(late_part, &number), 256 + number);
    }
    assert_int_equal(forked(ignored_release_part, NULL), 0);
}

/* It never ends the process; it waits for sig_poll and interrupts it, whenever it has come. */
static int listen_part(void *unused)
{
    (void)unused;
    sig_start();
    raise(SIGURG);
    sig_listen();
    if (sig_poll(NULL, 0, 0) != 0)
        return 1;
    raise(SIGURG);
    if (poll(NULL, 0, 1) != 0)
        return 2;
    if (sig_poll(NULL, 0, -1) >= 0 || errno != EINTR)
        return 3;
    return sig_poll(NULL, 0, 1) != 0 || sig_caught() || sig_stop();
}

static void test_listen(void **state)
{
    (void)state;
    assert_int_equal(forked(listen_part, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),  cmocka_unit_test(test_ignored_stay_ignored),
        cmocka_unit_test(test_hold),   cmocka_unit_test(test_hold_twice),
        cmocka_unit_test(test_defer),  cmocka_unit_test(test_release),
        cmocka_unit_test(test_listen),
    };
    return cmocka_run_group_tests_name("base/sig", tests, NULL, NULL);
}
