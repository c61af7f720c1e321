/* Who hears what became of a message that somebody waits for. Workers and sessions are processes,
 * their files are real. */
#include "queue/waiting.h"

#include "base/sig.h"
#include "queue/commit.h"
#include "scratch.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct deadline past = { 1 };
static const char nonce[] = "00112233445566778899aabbccddeeff";
static const char name[] = "64F0A1B2C3D4E0ABCDE";

struct place {
    struct scratch scratch;
    struct spool spool;
    struct stored stored;
    struct entry entry;
    struct waiting waiting;
};

/* A message in new/ and somebody who waits for it. */
static void set_up(struct place *p, bool with_nonce)
{
    ERR e = { 0 };
    *p = (struct place){ 0 };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    p->stored = scratch_stored(20000);
    p->entry = scratch_entry(&p->scratch, &p->stored);
    if (with_nonce) {
        p->entry.nonce = nonce;
        assert_int_equal(queue_id_parse(span_of(name), &p->entry.id), 0);
    }
    assert_int_equal(waiting_commit(&p->spool, &p->entry, &p->stored, &p->waiting, &e), 1);
}

static void tear_down(struct place *p)
{
    waiting_close(&p->waiting);
    stored_done(&p->stored);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

/* ---- a worker's hands ---- */

static struct item take(const struct place *p)
{
    ERR e = { 0 };
    struct item item = { 0 };
    enum folder folder = spool_find(&p->spool, &p->entry.id);
    assert_int_equal(item_open(&p->spool, folder, &p->entry.id, false, &item, &e), ITEM_OPEN);
    return item;
}

static void mark(struct item *item, const char *marks)
{
    ERR e = { 0 };
    memcpy(item->entry.state.marks, marks, 2);
    assert_int_equal(item_write_state(item, false, &e), 0);
}

static void reply(struct item *item, int first, int second)
{
    struct verdict verdicts[2] = { { .result = VERDICT_SENT }, { .result = VERDICT_SENT } };
    const int codes[2] = { first, second };
    for (size_t i = 0; i < 2; i++) {
        err_set(&verdicts[i].err, ERR_REPLY, "said");
        verdicts[i].err.code = codes[i];
    }
    item_write_replies(item, verdicts);
    for (size_t i = 0; i < 2; i++)
        verdict_done(&verdicts[i]);
}

/* Answered, marked, and then to `folder`; FOLDERS: it ends. */
static void settle_as(const struct place *p, const char *marks, enum folder folder)
{
    ERR e = { 0 };
    struct item item = take(p);
    reply(&item, marks[0] == 'R' ? 550 : 250, marks[1] == 'R' ? 551 : 250);
    mark(&item, marks);
    if (folder == FOLDERS)
        assert_int_equal(item_end(&item, &e), 0);
    else
        assert_int_equal(item_move(&item, folder, false, &e), 0);
    item_close(&item);
}

static bool is_awaited(const struct place *p)
{
    struct item item = take(p);
    bool awaited = item_is_awaited(&item);
    item_close(&item);
    return awaited;
}

/* ---- what is heard ---- */

static void test_nothing_happens(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, false);
    assert_true(is_awaited(&p));
    assert_int_equal(waiting_for(&p.waiting, past), WAITING_LATER);
    assert_int_equal(waiting_for(&p.waiting, deadline_in(10)), WAITING_LATER);
    assert_memory_equal(p.waiting.marks, "..", 2);
    assert_null(p.waiting.replies[0].text);
    assert_false(is_awaited(&p)); /* he has been told that it is in the queue */
    tear_down(&p);
}

static const struct row {
    const char *marks;
    enum folder folder;
    enum waiting_result result;
} rows[] = {
    { "DD", FOLDERS, WAITING_DECIDED },       { "DF", FOLDERS, WAITING_DECIDED },
    { "DF", FOLDER_FAILED, WAITING_DECIDED }, { "DR", FOLDER_DEFER, WAITING_DECIDED },
    { "RR", FOLDER_DEFER, WAITING_DECIDED },  { "R.", FOLDER_DEFER, WAITING_KEPT },
    { "D.", FOLDER_DEFER, WAITING_KEPT },     { "..", FOLDER_DEFER, WAITING_KEPT },
    { "..", FOLDER_HOLD, WAITING_KEPT },      { "R.", FOLDER_NEW, WAITING_LATER },
    { "D.", FOLDER_NEW, WAITING_LATER },
};

static void hear(const struct row *row, bool with_nonce, bool in_time)
{
    struct place p;
    set_up(&p, with_nonce);
    pid_t worker = 0;
    if (!in_time)
        settle_as(&p, row->marks, row->folder);
    else if ((worker = fork()) == 0) {
        settle_as(&p, row->marks, row->folder);
        _exit(0);
    }
    bool long_enough = row->result != WAITING_LATER;
    struct deadline end = in_time ? deadline_in(long_enough ? 20000 : 100) : past;
    enum waiting_result result = waiting_for(&p.waiting, end);
    if (worker)
        assert_int_equal(waitpid(worker, NULL, 0), worker);
    if (!long_enough)
        result = waiting_for(&p.waiting, past);
    if (result != row->result)
        print_error("%s, %d\n", row->marks, (int)row->folder);
    assert_int_equal(result, row->result);
    assert_memory_equal(p.waiting.marks, row->marks, 2);
    assert_int_equal(p.waiting.replies[0].code, *row->marks == 'R' ? 550 : 250);
    assert_string_equal(p.waiting.replies[1].text, "said");
    tear_down(&p);
}

static void test_what_is_heard(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned how = 0; how < 4; how++)
            hear(&rows[i], how & 1, how & 2);
}

static void test_removed(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p, false);
    struct item item = take(&p);
    assert_int_equal(item_remove(&item, &e), 0);
    item_close(&item);
    assert_int_equal(waiting_for(&p.waiting, deadline_in(20000)), WAITING_KEPT);
    waiting_close(&p.waiting);
    assert_int_equal(waiting_open(&p.spool, &p.entry.id, &p.waiting, &e), 0);
    tear_down(&p);
}

/* ---- a second time ---- */

static void test_again(void **state)
{
    (void)state;
    static const struct {
        enum folder folder;
        enum waiting_result result;
        const char *marks;
    } cases[] = {
        { FOLDER_NEW, WAITING_LATER, ".." },      { FOLDER_DEFER, WAITING_KEPT, "D." },
        { FOLDER_HOLD, WAITING_KEPT, ".." },      { FOLDER_DEFER, WAITING_DECIDED, "DR" },
        { FOLDER_FAILED, WAITING_DECIDED, "FF" }, { FOLDERS, WAITING_DECIDED, "DF" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ERR e = { 0 };
        struct place p;
        set_up(&p, true);
        settle_as(&p, cases[i].marks, cases[i].folder);
        waiting_close(&p.waiting);
        struct entry again = scratch_entry(&p.scratch, &p.stored);
        again.id = p.entry.id;
        again.nonce = nonce;
        assert_int_equal(waiting_commit(&p.spool, &again, &p.stored, &p.waiting, &e), 0);
        assert_int_equal(waiting_for(&p.waiting, deadline_in(10)), cases[i].result);
        assert_memory_equal(p.waiting.marks, cases[i].marks, 2);
        assert_int_equal(p.waiting.replies[0].code, 250);
        assert_int_equal(scratch_names(&p.scratch, "tmp"), 0);
        tear_down(&p);
    }
}

static void test_another_of_that_name(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        ERR e = { 0 };
        struct place p;
        set_up(&p, true);
        waiting_close(&p.waiting);
        struct entry again = scratch_entry(&p.scratch, &p.stored);
        again.id = p.entry.id;
        again.nonce = i == 0 ? "ffeeddccbbaa99887766554433221100" : i == 1 ? NULL : nonce;
        again.uid += i == 2;
        assert_int_equal(waiting_commit(&p.spool, &again, &p.stored, &p.waiting, &e), -1);
        assert_int_equal(e.kind, ERR_TEMPORARY);
        tear_down(&p);
    }
}

static void test_what_is_left_in_sent(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p, true);
    waiting_close(&p.waiting);
    struct buf before = scratch_read(&p.scratch, "new/64F0A1B2C3D4E0ABCDE");
    settle_as(&p, "DD", FOLDERS);
    struct buf after = scratch_read(&p.scratch, "sent/64F0A1B2C3D4E0ABCDE");
    assert_non_null(strstr(buf_string(&before), "Subject: test"));
    assert_true(after.len > before.len); /* a hole, and replies */
    assert_null(memmem(after.at, after.len, "Subject: test", 13));
    assert_null(memmem(after.at, after.len, "abcdefgh", 8));
    assert_int_equal(spool_find(&p.spool, &p.entry.id), FOLDERS);
    assert_int_equal(spool_sweep(&p.spool), 0);
    const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    assert_int_equal(utimensat(p.spool.root, "sent/64F0A1B2C3D4E0ABCDE", old, 0), 0);
    assert_int_equal(spool_sweep(&p.spool), 1);
    assert_int_equal(waiting_open(&p.spool, &p.entry.id, &p.waiting, &e), 0);
    buf_done(&before);
    buf_done(&after);
    tear_down(&p);
}

/* Many who bring the same message at the same moment: it is there once. */
static void test_all_at_once(void **state)
{
    (void)state;
    enum { MANY = 12 };
    struct scratch scratch;
    scratch_open(&scratch);
    struct spool spool = scratch_spool(&scratch);
    pid_t pids[MANY];
    for (int i = 0; i < MANY; i++) {
        pids[i] = fork();
        if (pids[i])
            continue;
        ERR e = { 0 };
        struct waiting w;
        struct stored stored = scratch_stored(1000);
        struct entry entry = scratch_entry(&scratch, &stored);
        if (queue_id_parse(span_of(name), &entry.id) < 0)
            _exit(9);
        int done = waiting_commit(&spool, &entry, &stored, &w, &e);
        _exit(done < 0 ? 9 : done);
    }
    int made = 0;
    for (int i = 0; i < MANY; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 1);
    assert_int_equal(scratch_names(&scratch, "new"), 1);
    assert_int_equal(scratch_names(&scratch, "tmp"), 0);
    spool_close(&spool);
    scratch_remove(&scratch);
}

/* ---- closed ---- */

/* Zeroed is closed, and descriptor 0 is somebody else's; so is what could not be watched, which has
 * its room all the same. */
static void test_close(void **state)
{
    (void)state;
    struct waiting w = { 0 };
    int own = fcntl(STDIN_FILENO, F_GETFD) < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    waiting_close(&w);
    waiting_close(&w);
    w.marks = arena_new(&w.item.arena, 3, 1);
    waiting_close(&w);
    assert_null(w.marks);
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    if (own >= 0)
        close(own);
}

/* Closed again, it is as it was at first. */
static void test_close_twice(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, false);
    int notify = p.waiting.notify;
    waiting_close(&p.waiting);
    waiting_close(&p.waiting);
    assert_true(notify < 0 || fcntl(notify, F_GETFD) < 0);
    assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
    tear_down(&p);
}

/* ---- told ---- */

static const char *marks_of(const struct place *p)
{
    static char marks[3];
    struct item item = take(p);
    memcpy(marks, item.entry.state.marks, 2);
    item_close(&item);
    return marks;
}

static void test_told(void **state)
{
    (void)state;
    static const struct {
        const char *marks;
        const char *after; /* NULL: gone */
    } cases[] = { { "RR", NULL }, { "DR", NULL }, { "R.", "F." }, { "FR", "FF" }, { "D.", "D." } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place p;
        set_up(&p, false);
        settle_as(&p, cases[i].marks, FOLDER_DEFER);
        assert_int_not_equal(waiting_for(&p.waiting, past), WAITING_LATER);
        waiting_told(&p.waiting);
        assert_int_equal(scratch_names(&p.scratch, "defer"), cases[i].after != NULL);
        if (cases[i].after)
            assert_string_equal(marks_of(&p), cases[i].after);
        tear_down(&p);
    }
}

static void test_told_with_a_nonce(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct place p;
    set_up(&p, true);
    settle_as(&p, "DR", FOLDER_DEFER);
    assert_int_equal(waiting_for(&p.waiting, past), WAITING_DECIDED);
    waiting_told(&p.waiting);
    waiting_close(&p.waiting);
    assert_int_equal(scratch_names(&p.scratch, "defer"), 0);
    assert_int_equal(waiting_open(&p.spool, &p.entry.id, &p.waiting, &e), 1);
    assert_int_equal(waiting_for(&p.waiting, past), WAITING_DECIDED);
    assert_memory_equal(p.waiting.marks, "DF", 2);
    assert_int_equal(p.waiting.replies[1].code, 551);
    tear_down(&p);
}

/* "Queued" was the answer: what is refused after that is not his to tell. */
static void test_refused_too_late(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, false);
    assert_int_equal(waiting_for(&p.waiting, past), WAITING_LATER);
    settle_as(&p, "RD", FOLDER_DEFER);
    waiting_told(&p.waiting);
    assert_string_equal(marks_of(&p), "RD");
    tear_down(&p);
}

/* Part of it was seen as refused in time, part of it later. */
static void test_only_what_was_seen(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, false);
    settle_as(&p, "R.", FOLDER_DEFER);
    assert_int_equal(waiting_for(&p.waiting, past), WAITING_KEPT);
    assert_true(is_awaited(&p));
    struct item item = take(&p);
    mark(&item, "RR");
    item_close(&item);
    waiting_told(&p.waiting);
    assert_string_equal(marks_of(&p), "FR");
    waiting_close(&p.waiting);
    assert_false(is_awaited(&p));
    tear_down(&p);
}

/* The lock goes with the process, however it ends. */
static void test_killed(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, false);
    waiting_close(&p.waiting);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t session = fork();
    if (session == 0) {
        ERR e = { 0 };
        struct waiting w;
        if (waiting_open(&p.spool, &p.entry.id, &w, &e) != 1 || write(ready[1], "x", 1) != 1)
            _exit(9);
        waiting_for(&w, deadline_in(60000));
        _exit(0);
    }
    char octet;
    assert_int_equal(read(ready[0], &octet, 1), 1);
    assert_true(is_awaited(&p));
    kill(session, SIGKILL);
    assert_int_equal(waitpid(session, NULL, 0), session);
    assert_false(is_awaited(&p));
    close(ready[0]);
    close(ready[1]);
    tear_down(&p);
}

/* ---- asked to wait no longer ---- */

/* Somebody who waits in a process of his own, for long; what it has come to is his exit status. */
static pid_t wait_long(struct place *p, struct waiter *waiter)
{
    waiting_close(&p->waiting);
    pid_t pid = fork();
    if (pid)
        return pid;
    ERR e = { 0 };
    struct waiting w;
    if (waiting_open(&p->spool, &p->entry.id, &w, &e) != 1)
        _exit(9);
    w.waiter = waiter;
    enum waiting_result result = waiting_for(&w, deadline_in(60000));
    bool promised = result == WAITING_LATER && w.awaits;
    _exit(promised || sig_caught() || waiter_ms(waiter) >= 0 ? 8 : (int)result);
}

static int result_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void until_he_waits(const struct waiter *w)
{
    while (waiter_ms(w) < 0)
        sched_yield();
}

/* He says that it is in the queue; what comes after that is not his to tell. At whatever moment he
 * is asked: first before he has looked, then later and later. */
static void test_asked(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct place p;
        struct waiter *waiter = waiters_new(1);
        int64_t begun = clock_ms();
        set_up(&p, false);
        pid_t pid = wait_long(&p, waiter);
        until_he_waits(waiter);
        for (volatile int spin = 0; spin < i * 300; spin++)
            continue;
        waiter_ask(waiter, pid);
        assert_int_equal(result_of(pid), WAITING_LATER);
        assert_true(clock_ms() - begun < 30000);
        assert_false(is_awaited(&p));
        tear_down(&p);
    }
}

/* The verdict is there when he is asked: then that is what he tells. */
static void test_asked_too_late(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct place p;
        struct waiter *waiter = waiters_new(1);
        set_up(&p, false);
        pid_t pid = wait_long(&p, waiter);
        until_he_waits(waiter);
        settle_as(&p, "DF", FOLDERS);
        waiter_ask(waiter, pid);
        assert_int_equal(result_of(pid), WAITING_DECIDED);
        tear_down(&p);
    }
}

/* Between two messages, or for one that is over: it is not heard. */
static void test_asked_for_nothing(void **state)
{
    (void)state;
    struct place p;
    struct waiter *waiter = waiters_new(1);
    set_up(&p, false);
    waiter_ask(waiter, getpid());
    assert_int_equal(waiter->asked, 0);
    waiter->asked = 1;
    pid_t pid = wait_long(&p, waiter);
    until_he_waits(waiter);
    assert_int_equal(kill(pid, SIGURG), 0);
    settle_as(&p, "DF", FOLDERS);
    assert_int_equal(result_of(pid), WAITING_DECIDED);
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_happens),
        cmocka_unit_test(test_what_is_heard),
        cmocka_unit_test(test_removed),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_what_is_left_in_sent),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_another_of_that_name),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_close_twice),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_told_with_a_nonce),
        cmocka_unit_test(test_refused_too_late),
        cmocka_unit_test(test_only_what_was_seen),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_asked),
        cmocka_unit_test(test_asked_too_late),
        cmocka_unit_test(test_asked_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
