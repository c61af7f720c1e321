/* Workers as processes: they start, report, are let go, and die. The account of their route does
 * not exist, so that they find trouble without a server. */
#include "queue/pool.h"

#include "queue/commit.h"
#include "scratch.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct scratch scratch;
    struct spool spool;
    struct worker_job job;
    struct route route;
    struct queue_opts opts;
    struct ident ident;
    struct pool pool;
};

static int64_t steps[] = { 60 };

static void set_up(struct place *p)
{
    ERR e = { 0 };
    memset(p, 0, sizeof *p);
    p->opts = (struct queue_opts){ .retry_s = steps, .retry_n = 1, .bounce = "sender" };
    p->ident = (struct ident){ .host = "host.example.net" };
    p->route = (struct route){ .account = "example", .config = "/nonexistent/postbag.conf" };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    struct stored stored = scratch_stored(100);
    struct entry entry = scratch_entry(&p->scratch, &stored);
    assert_int_equal(spool_commit(&p->spool, &entry, &stored, FOLDER_NEW, &e), 1);
    p->job.id = entry.id;
    p->job.folder = FOLDER_NEW;
    stored_done(&stored);
}

static void tear_down(struct place *p)
{
    assert_int_equal(p->pool.n, 0);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

/* In the worker: what it tells is not for the test's output. */
static void be_quiet(void *context)
{
    (void)context;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDERR_FILENO) < 0)
        _exit(1);
}

static struct pool_worker *start(struct place *p, uint32_t route)
{
    ERR e = { 0 };
    struct pool_start s = { .setup = { .spool = &p->spool,
                                       .route = &p->route,
                                       .opts = &p->opts,
                                       .ident = &p->ident,
                                       .notice = { .name = "test" } },
                            .route = route,
                            .leave = be_quiet };
    struct pool_worker *w = pool_start(&p->pool, &s, &e);
    assert_non_null(w);
    return w;
}

static struct pool_worker *reap(struct place *p, pid_t pid, int *status)
{
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pool_reap(&p->pool, status);
}

static void let_go(struct place *p, struct pool_worker *w)
{
    int status = -1;
    pool_dismiss(w);
    assert_ptr_equal(reap(p, w->pid, &status), w);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pool_forget(&p->pool, w);
}

static void test_report(void **state)
{
    (void)state;
    struct place p;
    struct worker_report said;
    set_up(&p);
    struct pool_worker *w = start(&p, 7);
    assert_ptr_equal(pool_find(&p.pool, 7), w);
    assert_null(pool_find(&p.pool, 6));
    assert_int_equal(pool_receive(w, &said), 0);
    assert_true(pool_send(w, &p.job));
    assert_int_equal(w->n_jobs, 1);
    struct pollfd fd = { .fd = w->fd, .events = POLLIN };
    assert_int_equal(poll(&fd, 1, 10000), 1);
    assert_int_equal(pool_receive(w, &said), 1);
    assert_int_equal(w->n_jobs, 0);
    assert_string_equal(said.id.text, p.job.id.text);
    assert_int_equal(said.result, WORKER_TROUBLE);
    assert_true(said.next_s > 0);
    assert_int_equal(spool_find(&p.spool, &p.job.id), FOLDER_DEFER);
    assert_int_equal(scratch_names(&p.scratch, "accounts"), 1);
    let_go(&p, w);
    tear_down(&p);
}

static void test_message_that_is_not_there(void **state)
{
    (void)state;
    struct place p;
    struct worker_report said;
    set_up(&p);
    assert_int_equal(unlinkat(p.spool.root, entry_path(FOLDER_NEW, &p.job.id).text, 0), 0);
    struct pool_worker *w = start(&p, 0);
    assert_true(pool_send(w, &p.job));
    struct pollfd fd = { .fd = w->fd, .events = POLLIN };
    assert_int_equal(poll(&fd, 1, 10000), 1);
    assert_int_equal(pool_receive(w, &said), 1);
    assert_int_equal(said.result, WORKER_GONE);
    let_go(&p, w);
    tear_down(&p);
}

/* The others' ends are not inherited: each sees its own closed. */
static void test_several(void **state)
{
    (void)state;
    struct place p;
    set_up(&p);
    struct pool_worker *a = start(&p, 0), *b = start(&p, 1), *c = start(&p, 2);
    assert_int_equal(p.pool.n, 3);
    let_go(&p, a);
    assert_null(pool_find(&p.pool, 0));
    let_go(&p, c);
    let_go(&p, b);
    tear_down(&p);
}

static void test_death(void **state)
{
    (void)state;
    struct place p;
    struct worker_report said;
    int status = 0;
    set_up(&p);
    struct pool_worker *w = start(&p, 0);
    assert_null(pool_reap(&p.pool, &status));
    pool_signal(&p.pool, SIGKILL);
    assert_ptr_equal(reap(&p, w->pid, &status), w);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(pool_receive(w, &said), -1);
    assert_false(pool_send(w, &p.job));
    assert_int_equal(w->n_jobs, 1);
    pool_forget(&p.pool, w);
    assert_int_equal(spool_find(&p.spool, &p.job.id), FOLDER_NEW);
    tear_down(&p);
}

static void test_full(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    struct pool_start s = { .leave = be_quiet };
    set_up(&p);
    for (uint32_t i = 0; i < POOL_MAX; i++)
        start(&p, i);
    assert_null(pool_start(&p.pool, &s, &e));
    assert_int_equal(e.kind, ERR_SYSTEM);
    for (uint32_t i = 0; i < POOL_MAX; i++)
        let_go(&p, pool_find(&p.pool, i));
    tear_down(&p);
}

/* The kernel tells of the jobs that were not read before it gives what was said. */
static void test_last_words(void **state)
{
    (void)state;
    int pair[2];
    struct worker_job job = { .folder = FOLDER_NEW };
    struct worker_report words = { .result = WORKER_LATER }, heard;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    struct pool_worker w = { .fd = pair[0] };
    assert_int_equal(send(pair[0], &job, sizeof job, 0), sizeof job);
    assert_int_equal(send(pair[1], &words, sizeof words, 0), sizeof words);
    close(pair[1]);
    assert_int_equal(pool_receive(&w, &heard), 1);
    assert_int_equal(heard.result, WORKER_LATER);
    assert_int_equal(pool_receive(&w, &heard), -1);
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report),  cmocka_unit_test(test_message_that_is_not_there),
        cmocka_unit_test(test_several), cmocka_unit_test(test_death),
        cmocka_unit_test(test_full),    cmocka_unit_test(test_last_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
