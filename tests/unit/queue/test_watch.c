/* Signals, children and new mail, each heard once. */
#include "queue/watch.h"

#include "queue/commit.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 10000 };

struct place {
    struct scratch scratch;
    struct spool spool;
    struct watch watch;
};

static void set_up(struct place *p)
{
    ERR e = { 0 };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    assert_int_equal(watch_open(&p->watch, &p->spool, &e), 0);
}

static void tear_down(struct place *p)
{
    watch_close(&p->watch);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static struct watch_news wait_for_it(struct place *p)
{
    struct pollfd own[WATCH_OWN];
    watch_wait(&p->watch, own, 0, LONG_MS);
    return watch_news(&p->watch);
}

static void assert_quiet(struct place *p)
{
    struct watch_news news = watch_news(&p->watch);
    assert_false(news.mail || news.child || news.stop || news.hangup);
}

static void test_mail(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p);
    assert_quiet(&p);
    struct stored stored = scratch_stored(10);
    struct entry entry = scratch_entry(&p.scratch, &stored);
    assert_int_equal(spool_commit(&p.spool, &entry, &stored, FOLDER_DEFER, &e), 1);
    assert_quiet(&p);
    entry = scratch_entry(&p.scratch, &stored);
    assert_int_equal(spool_commit(&p.spool, &entry, &stored, FOLDER_NEW, &e), 1);
    assert_true(wait_for_it(&p).mail);
    assert_quiet(&p);
    stored_done(&stored);
    tear_down(&p);
}

static void test_signals(void **state)
{
    (void)state;
    struct place p;
    set_up(&p);
    raise(SIGTERM);
    assert_int_equal(wait_for_it(&p).stop, SIGTERM);
    raise(SIGINT);
    assert_int_equal(wait_for_it(&p).stop, SIGINT);
    raise(SIGHUP);
    assert_true(wait_for_it(&p).hangup);
    assert_quiet(&p);
    tear_down(&p);
}

static void test_child(void **state)
{
    (void)state;
    struct place p;
    set_up(&p);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_true(wait_for_it(&p).child);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    tear_down(&p);
}

/* nohup(1), and a shell's background jobs. */
static void test_ignored_stays_ignored(void **state)
{
    (void)state;
    struct place p;
    signal(SIGHUP, SIG_IGN);
    set_up(&p);
    raise(SIGHUP);
    assert_quiet(&p);
    tear_down(&p);
    signal(SIGHUP, SIG_DFL);
}

static void test_callers_descriptors(void **state)
{
    (void)state;
    struct place p;
    int ends[2];
    set_up(&p);
    assert_int_equal(pipe(ends), 0);
    struct pollfd list[1 + WATCH_OWN] = { { .fd = ends[0], .events = POLLIN } };
    watch_wait(&p.watch, list, 1, 0);
    assert_int_equal(list[0].revents, 0);
    close(ends[1]);
    watch_wait(&p.watch, list, 1, LONG_MS);
    assert_int_not_equal(list[0].revents, 0);
    close(ends[0]);
    tear_down(&p);
}

/* What is left behind is as it was. */
static void test_leave(void **state)
{
    (void)state;
    struct place p;
    sigset_t before, after;
    sigprocmask(SIG_BLOCK, NULL, &before);
    set_up(&p);
    sigprocmask(SIG_BLOCK, NULL, &after);
    assert_true(sigismember(&after, SIGTERM) && !sigismember(&before, SIGTERM));
    watch_leave(&p.watch);
    assert_int_equal(p.watch.signals, -1);
    sigprocmask(SIG_BLOCK, NULL, &after);
    assert_false(sigismember(&after, SIGTERM));
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_ignored_stays_ignored),
        cmocka_unit_test(test_callers_descriptors),
        cmocka_unit_test(test_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
