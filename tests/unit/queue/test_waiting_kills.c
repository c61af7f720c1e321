/* Session, worker and runner, each killed between all of its system calls: whoever is refused is
 * told of, what is sent is sent, and nothing is left. */
#include "queue/waiting.h"

#include "base/io.h"
#include "queue/commit.h"
#include "queue/settle.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { NEVER = -1, STEPS_MAX = 2000, LOOKS = 6 };

struct place {
    struct scratch scratch;
    struct spool spool;
    struct entry entry;
    int ready[2];  /* the session waits */
    int events[2]; /* "T" a refusal was told, "D" delivered */
};

/* ---- processes that end early ---- */

typedef void part(const struct place *p);

/* Lets it go from one system call to the next: it stops before each and behind each. True if it was
 * killed before that one. */
static bool trace(pid_t pid, int steps)
{
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
        return false;
    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_EXITKILL);
    for (int i = 0;; i++) {
        if (i == 2 * steps + 1) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return true;
        }
        if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid(pid, &status, 0) != pid ||
            WIFEXITED(status) || WIFSIGNALED(status))
            return false;
    }
}

static void be_quiet(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDERR_FILENO);
}

/* A process that traces another one, which does it; killed at that step, or never. */
static pid_t start(part *what, const struct place *p, int steps)
{
    pid_t tracer = fork();
    if (tracer)
        return tracer;
    be_quiet();
    pid_t pid = fork();
    if (pid == 0) {
        if (steps != NEVER && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0))
            _exit(9);
        what(p);
        _exit(0);
    }
    close(p->ready[1]);
    close(p->events[1]);
    if (steps != NEVER)
        _exit(trace(pid, steps));
    int status = 0;
    _exit(waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 9);
}

/* Was it killed? */
static bool finish(pid_t tracer)
{
    int status = 0;
    assert_int_equal(waitpid(tracer, &status, 0), tracer);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 1;
}

static bool run(part *what, const struct place *p, int steps)
{
    return finish(start(what, p, steps));
}

static void say(int fd, char event)
{
    if (write(fd, &event, 1) != 1)
        _exit(8);
}

/* ---- the parts ---- */

/* Tells, or is too late and leaves it. */
static void session(const struct place *p)
{
    ERR e = { 0 };
    struct waiting w;
    if (waiting_open(&p->spool, &p->entry.id, &w, &e) != 1)
        return;
    say(p->ready[1], 'r');
    if (waiting_for(&w, deadline_in(20000)) == WAITING_DECIDED && *w.marks == MARK_REFUSED) {
        say(p->events[1], 'T');
        waiting_told(&w);
    }
    waiting_close(&w);
}

/* Hears the refusal, and its client has gone. */
static void session_without_client(const struct place *p)
{
    ERR e = { 0 };
    struct waiting w;
    if (waiting_open(&p->spool, &p->entry.id, &w, &e) != 1)
        return;
    say(p->ready[1], 'r');
    waiting_for(&w, deadline_in(20000));
    waiting_close(&w);
}

static void answer(const struct place *p, const struct state *state, struct verdict *verdicts)
{
    for (size_t i = 0; i < 2; i++) {
        if (state->marks[i] != MARK_TODO)
            continue;
        verdicts[i].result = i ? VERDICT_SENT : VERDICT_REFUSED;
        verdicts[i].stage = STAGE_RCPT;
        err_set(&verdicts[i].err, ERR_REPLY, "words");
        verdicts[i].err.code = i ? 250 : 550;
        if (i)
            say(p->events[1], 'D');
    }
}

/* A worker: the first recipient is refused, the second one is served. */
static void worker(const struct place *p)
{
    static const int64_t steps[] = { 60 };
    const struct schedule schedule = { steps, 1 };
    const struct standing standing = { 0 };
    const struct ident ident = { .host = "host.example.net" };
    const struct account account = { .name = "example" };
    const struct queue_opts opts = { .bounce = "sender" };
    const struct worker_setup setup = {
        .spool = &p->spool, .opts = &opts, .ident = &ident, .notice = { .name = "test" }
    };
    struct verdict verdicts[2] = { 0 };
    struct item item = { 0 };
    ERR e = { 0 };
    enum folder folder = spool_find(&p->spool, &p->entry.id);
    if (folder == FOLDERS ||
        item_open(&p->spool, folder, &p->entry.id, false, &item, &e) != ITEM_OPEN)
        return;
    bool tried = state_count(&item.entry.state, MARK_TODO) > 0;
    answer(p, &item.entry.state, verdicts);
    struct settlement s = { .setup = &setup,
                            .account = &account,
                            .schedule = &schedule,
                            .standing = &standing,
                            .item = &item,
                            .verdicts = verdicts,
                            .tried = tried,
                            .now = time(NULL) };
    enum worker_result result = settle(&s);
    for (size_t i = 0; i < 2; i++)
        verdict_done(&verdicts[i]);
    item_close(&item);
    if (result == WORKER_LATER)
        _exit(7);
}

/* ---- a story ---- */

static void set_up(struct place *p, const char *nonce)
{
    ERR e = { 0 };
    *p = (struct place){ 0 };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    struct stored stored = scratch_stored(500);
    p->entry = scratch_entry(&p->scratch, &stored);
    p->entry.nonce = nonce;
    assert_int_equal(spool_commit(&p->spool, &p->entry, &stored, FOLDER_NEW, &e), 1);
    stored_done(&stored);
    assert_int_equal(pipe2(p->ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(p->events, O_CLOEXEC | O_NONBLOCK), 0);
}

/* Until it waits, or has ended before that. */
static void await_session(struct place *p)
{
    char octet;
    close(p->ready[1]);
    p->ready[1] = -1;
    assert_true(read(p->ready[0], &octet, 1) >= 0);
}

static void tear_down(struct place *p)
{
    io_close(&p->ready[0]);
    io_close(&p->ready[1]);
    io_close(&p->events[0]);
    io_close(&p->events[1]);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static void end_by_runner(const struct place *p)
{
    for (int i = 0; i < LOOKS && spool_find(&p->spool, &p->entry.id) != FOLDERS; i++)
        run(worker, p, NEVER);
}

/* Told once at least, sent once at least; neither more than once if nobody was killed. */
static void check(const struct place *p, bool killed)
{
    char events[64];
    ssize_t n = read(p->events[0], events, sizeof events);
    size_t told = scratch_names(&p->scratch, "new"), sent = 0;
    for (ssize_t i = 0; i < n; i++) {
        told += events[i] == 'T';
        sent += events[i] == 'D';
    }
    assert_true(told >= 1 && sent >= 1);
    assert_true(killed || (told == 1 && sent == 1));
    static const char *const folders[] = { "defer", "hold", "failed", "corrupt" };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(scratch_names(&p->scratch, folders[i]), 0);
    assert_int_equal(spool_find(&p->spool, &p->entry.id), FOLDERS);
    assert_int_equal(spool_find_trace(&p->spool, &p->entry.id),
                     p->entry.nonce ? FOLDER_SENT : FOLDERS);
}

struct story {
    const char *name;
    part *session; /* NULL: nobody waits */
    int session_steps, worker_steps, runner_steps;
    const char *nonce;
};

/* Was somebody killed? */
static bool tell(const struct story *s)
{
    struct place p;
    pid_t waiting = 0;
    set_up(&p, s->nonce);
    if (s->session) {
        waiting = start(s->session, &p, s->session_steps);
        await_session(&p);
    }
    bool killed = run(worker, &p, s->worker_steps);
    if (killed)
        run(worker, &p, NEVER); /* so that the session has something to hear */
    if (waiting)
        killed |= finish(waiting);
    if (s->runner_steps != NEVER)
        killed |= run(worker, &p, s->runner_steps);
    end_by_runner(&p);
    check(&p, killed);
    tear_down(&p);
    return killed;
}

/* Every step in turn, until it is not reached any more. */
static void tell_all(const struct story *s, int *steps)
{
    for (*steps = 0; *steps < STEPS_MAX; ++*steps)
        if (!tell(s))
            break;
    assert_in_range(*steps, 10, STEPS_MAX - 1);
}

static void skip_without_ptrace(void)
{
    pid_t pid = fork();
    int status = 0;
    if (pid == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        skip();
}

static const char nonce[] = "00112233445566778899aabbccddeeff";

static void test_nobody_is_killed(void **state)
{
    (void)state;
    const struct story stories[] = {
        { "nobody waits", NULL, NEVER, NEVER, NEVER, NULL },
        { "somebody waits", session, NEVER, NEVER, NEVER, NULL },
        { "somebody waits in vain", session_without_client, NEVER, NEVER, NEVER, NULL },
        { "with a nonce", session, NEVER, NEVER, NEVER, nonce },
    };
    for (size_t i = 0; i < 4; i++)
        assert_false(tell(&stories[i]));
}

static void test_session(void **state)
{
    (void)state;
    skip_without_ptrace();
    struct story s = { "session", session, 0, NEVER, NEVER, NULL };
    tell_all(&s, &s.session_steps);
}

static void test_session_with_a_nonce(void **state)
{
    (void)state;
    skip_without_ptrace();
    struct story s = { "session, nonce", session, 0, NEVER, NEVER, nonce };
    tell_all(&s, &s.session_steps);
}

static void test_worker(void **state)
{
    (void)state;
    skip_without_ptrace();
    struct story s = { "worker", session, NEVER, 0, NEVER, NULL };
    tell_all(&s, &s.worker_steps);
}

static void test_runner(void **state)
{
    (void)state;
    skip_without_ptrace();
    struct story s = { "runner", session_without_client, NEVER, NEVER, 0, nonce };
    tell_all(&s, &s.runner_steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_killed),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_session_with_a_nonce),
        cmocka_unit_test(test_worker),
        cmocka_unit_test(test_runner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
