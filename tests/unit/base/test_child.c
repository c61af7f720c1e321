#include "base/child.h"

#include "base/io.h"
#include "base/sig.h"
#include "deny.h"
#include "forked.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Long enough for a loaded machine to start a process, short enough to wait for it to pass. */
enum { SHORT = 150, LONG = 60000 };

/* Shell commands that end in every way there is, and what comes of them. */
static const struct run_case {
    const char *command;
    int64_t ms;
    size_t limit;
    enum err_kind kind;
    const char *out;
    bool exited;
    int status;
} runs[] = {
    { "echo secret", LONG, 0, ERR_NONE, "secret\n", true, 0 },
    { "echo secret", 0, 0, ERR_NONE, "secret\n", true, 0 },
    { "exit 75", LONG, 0, ERR_NONE, "", true, 75 },
    { "echo x; exit 127", LONG, 0, ERR_NONE, "x\n", true, 127 },
    { "kill -9 $$", LONG, 0, ERR_NONE, "", false, SIGKILL },
    { "kill -TERM $$", LONG, 0, ERR_NONE, "", false, SIGTERM },
    { "exec cat", LONG, 0, ERR_NONE, "", true, 0 }, /* standard input is empty */
    { "echo said; exec >&-; exit 3", LONG, 0, ERR_NONE, "said\n", true, 3 },
    { "printf 12345", LONG, 5, ERR_NONE, "12345", true, 0 },
    { "printf 123456", LONG, 5, ERR_DATA, "", true, 0 },
    { "exec yes", LONG, 100000, ERR_DATA, "", true, 0 },
    { "exec sleep 1000", SHORT, 0, ERR_TIMEOUT, "", true, 0 },
    { "exec sleep 1000 >&-", SHORT, 0, ERR_TIMEOUT, "", true, 0 },
    { "trap '' TERM INT HUP; while :; do :; done", SHORT, 0, ERR_TIMEOUT, "", true, 0 },
    { "while :; do echo x; done", SHORT, 0, ERR_TIMEOUT, "", true, 0 },
    /* it leads a process group: pid and group are the same */
    { "read -r p c s q g r </proc/$$/stat; [ $p = $g ]", LONG, 0, ERR_NONE, "", true, 0 },
    { "[ ! -e /proc/self/fd/3 ] && [ ! -e /proc/$$/fd/99 ]", LONG, 0, ERR_NONE, "", true, 0 },
    { "exec grep -c 'Sig[BI].*0000000000000000$' /proc/self/status", LONG, 0, ERR_NONE, "2\n", true,
      0 },
};

static int run_shell(const char *command, int64_t ms, struct buf *out, struct child_result *ret,
                     struct err *e)
{
    char shell[] = "/bin/sh", option[] = "-c", *text = mem_string(command);
    char *argv[] = { shell, option, text, NULL };
    int done = child_run(argv, deadline_in(ms), out, ret, e);
    free(text);
    return done;
}

static int count_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 200; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* 0, or the number of the row (from 1) that went wrong; -1 if descriptors are leaked. */
static int try_runs(void)
{
    int before = count_descriptors();
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        const struct run_case *row = &runs[i];
        ERR e = { 0 };
        BUF out = { .limit = row->limit, .secret = i % 2 };
        struct child_result ret = { true, 0 };
        int done = run_shell(row->command, row->ms, &out, &ret, &e);
        if (done != (row->kind ? -1 : 0) || e.kind != row->kind || out.failed ||
            strcmp(buf_string(&out), row->out) != 0 || ret.exited != row->exited ||
            ret.status != row->status) {
            fprintf(stderr, "# %s: %d, %s, status %d, \"%s\"\n", row->command, done,
                    e.text ? e.text : "", ret.status, buf_string(&out));
            return (int)i + 1;
        }
    }
    return count_descriptors() == before ? 0 : -1;
}

static void test_runs(void **state)
{
    (void)state;
    int high = fcntl(STDIN_FILENO, F_DUPFD, 99); /* would be inherited */
    assert_int_equal(high, 99);
    sig_start(); /* SIGPIPE ignored must not be inherited */
    assert_int_equal(try_runs(), 0);
    close(high);
}

/* The same without pidfd_open and close_range. */
static int old_kernel_part(void *unused)
{
    sigset_t before, after;
    (void)unused;
    deny(SYS_pidfd_open, 0, 0, ENOSYS);
    deny(SYS_close_range, 0, 0, ENOSYS);
    if (fcntl(STDIN_FILENO, F_DUPFD, 99) != 99)
        return 98;
    sigprocmask(SIG_BLOCK, NULL, &before);
    int bad = try_runs();
    sigprocmask(SIG_BLOCK, NULL, &after);
    return bad ? bad : sigismember(&after, SIGCHLD) == sigismember(&before, SIGCHLD) ? 0 : 97;
}

static void test_runs_on_an_old_kernel(void **state)
{
    (void)state;
    assert_int_equal(forked(old_kernel_part, NULL), 0);
}

static void test_not_executable(void **state)
{
    static const struct {
        const char *program;
        const char *text;
    } rows[] = {
        { "/nowhere/at/all", "cannot run /nowhere/at/all: No such file or directory" },
        { "no-such-program-here", "cannot run no-such-program-here: No such file or directory" },
        { "/etc/passwd", "cannot run /etc/passwd: Permission denied" },
        { "/", "cannot run /: Permission denied" },
        { "", "cannot run : No such file or directory" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF out = { 0 };
        struct child_result ret = { false, 42 };
        CLEANUP(mem_free_string) char *program = mem_string(rows[i].program);
        char *argv[] = { program, NULL };
        assert_int_equal(child_run(argv, deadline_in(LONG), &out, &ret, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_string_equal(e.text, rows[i].text);
        assert_int_equal(ret.status, 42);
    }
}

static void test_output_is_appended_or_untouched(void **state)
{
    ERR e = { 0 };
    BUF out = { .limit = 10 };
    struct child_result ret;
    (void)state;
    buf_add_string(&out, "kept ");
    assert_int_equal(run_shell("printf 12345", LONG, &out, &ret, &e), 0);
    assert_string_equal(buf_string(&out), "kept 12345");
    assert_int_equal(run_shell("printf 6", LONG, &out, &ret, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_string_equal(buf_string(&out), "kept 12345");
    assert_int_equal(run_shell(":", LONG, &out, &ret, &e), 0);
    assert_int_equal(run_shell("exec sleep 1000", SHORT, &out, &ret, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_string_equal(buf_string(&out), "kept 12345");
}

static void test_deadline_passed_before(void **state)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    char program[] = "true", *argv[] = { program, NULL };
    (void)state;
    assert_int_equal(child_run(argv, (struct deadline){ 1 }, &out, &ret, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
}

static void test_environment(void **state)
{
    static const struct {
        const char *command, *out;
    } rows[] = {
        { "echo ${POSTBAG_URL-none} ${POSTBAG_-none} ${POSTBAG-none} $XPOSTBAG_Y",
          "none none p x\n" },
        { "echo $PATH", NULL },
    };
    (void)state;
    setenv("POSTBAG_URL", "smtps://u:secret@h", 1);
    setenv("POSTBAG_", "q", 1);
    setenv("POSTBAG", "p", 1);
    setenv("XPOSTBAG_Y", "x", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF out = { 0 }, path = { 0 };
        struct child_result ret;
        buf_addf(&path, "%s\n", getenv("PATH"));
        assert_int_equal(run_shell(rows[i].command, LONG, &out, &ret, &e), 0);
        assert_string_equal(buf_string(&out), rows[i].out ? rows[i].out : buf_string(&path));
    }
    assert_string_equal(getenv("POSTBAG_URL"), "smtps://u:secret@h");
}

/* Without PATH the program is found all the same, and gets no PATH either. */
static int no_path_part(void *unused)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    char program[] = "env", *argv[] = { program, NULL };
    (void)unused;
    clearenv();
    setenv("ONLY", "this", 1);
    if (child_run(argv, deadline_in(LONG), &out, &ret, &e) < 0 || getenv("PATH"))
        return 1;
    return strcmp(buf_string(&out), "ONLY=this\n") == 0 ? 0 : 2;
}

static void test_no_path(void **state)
{
    (void)state;
    assert_int_equal(forked(no_path_part, NULL), 0);
}

/* A program left in the background that holds the output does not keep us waiting; it lives on,
 * as agents must. */
static void test_background_is_not_waited_for(void **state)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    uint64_t pid = 0;
    (void)state;
    assert_int_equal(run_shell("sleep 1000 & echo $!", LONG, &out, &ret, &e), 0);
    assert_int_equal(span_number(span_trim(buf_span(&out)), INT32_MAX, &pid), 0);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    assert_int_equal(waitpid((pid_t)pid, NULL, 0), (pid_t)pid);
}

/* Runs into the ceiling after it has told, on stderr, who else is in its group. */
static void test_group_is_killed(void **state)
{
    ERR e = { 0 };
    BUF out = { .limit = 1 };
    struct child_result ret;
    int pair[2], status = 0, saved = dup(STDERR_FILENO);
    char text[32] = "";
    uint64_t pid = 0;
    (void)state;
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    dup2(pair[1], STDERR_FILENO);
    int done = run_shell("sleep 1000 & echo $! >&2; exec yes", LONG, &out, &ret, &e);
    dup2(saved, STDERR_FILENO);
    assert_int_equal(done, -1);
    ssize_t n = io_read(pair[0], text, sizeof text - 1);
    assert_int_equal(span_number(span_trim((struct span){ text, (size_t)n }), INT32_MAX, &pid), 0);
    assert_int_equal(waitpid((pid_t)pid, &status, 0), (pid_t)pid);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    close(pair[0]);
    close(pair[1]);
    close(saved);
}

/* What a copy of this process may do. */

static int work_write(const void *context, int fd)
{
    const char *text = context;
    return io_write(fd, text, strlen(text)) < 0 ? 1 : 7;
}

static int work_die(const void *context, int fd)
{
    (void)context;
    (void)fd;
    kill(getpid(), SIGKILL);
    return 0;
}

static int work_hang(const void *context, int fd)
{
    volatile bool forever = true;
    (void)fd;
    while (forever)
        if (context)
            pause();
    return 0;
}

static int work_much(const void *context, int fd)
{
    char octets[100000] = { 0 };
    (void)context;
    return io_write(fd, octets, sizeof octets) < 0 ? 1 : 0;
}

/* Standard input is empty, no other descriptor is open, SIGPIPE has its default effect. */
static int work_look(const void *context, int fd)
{
    char octet = 0;
    struct sigaction action;
    (void)context;
    if (read(STDIN_FILENO, &octet, 1) != 0)
        return 1;
    for (int other = 3; other < 200; other++)
        if (other != fd && fcntl(other, F_GETFD) >= 0)
            return 2;
    sigaction(SIGPIPE, NULL, &action);
    return action.sa_handler == SIG_DFL && getpgrp() == getpid() ? 0 : 3;
}

static const struct call_case {
    int (*work)(const void *context, int fd);
    const char *context;
    int64_t ms;
    enum err_kind kind;
    const char *out;
    bool exited;
    int status;
} calls[] = {
    { work_write, "addresses", LONG, ERR_NONE, "addresses", true, 7 },
    { work_write, "", 0, ERR_NONE, "", true, 7 },
    { work_die, NULL, LONG, ERR_NONE, "", false, SIGKILL },
    { work_hang, NULL, SHORT, ERR_TIMEOUT, "", true, 0 },
    { work_hang, "pause", SHORT, ERR_TIMEOUT, "", true, 0 },
    { work_much, NULL, LONG, ERR_DATA, "", true, 0 },
    { work_look, NULL, LONG, ERR_NONE, "", true, 0 },
};

static int try_calls(void)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const struct call_case *row = &calls[i];
        ERR e = { 0 };
        BUF out = { .limit = 50000 };
        struct child_result ret = { true, 0 };
        int done = child_call(row->work, row->context, deadline_in(row->ms), &out, &ret, &e);
        if (done != (row->kind ? -1 : 0) || e.kind != row->kind ||
            strcmp(buf_string(&out), row->out) != 0 || ret.exited != row->exited ||
            ret.status != row->status)
            return (int)i + 1;
    }
    return 0;
}

static void test_calls(void **state)
{
    (void)state;
    int high = fcntl(STDIN_FILENO, F_DUPFD, 150);
    sig_start();
    assert_int_equal(try_calls(), 0);
    close(high);
}

/* What stdio holds back must leave once, from here, and not by way of the copy. */
static int stdio_part(void *context)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    if (!freopen(context, "w", stdout))
        return 1;
    fputs("once", stdout);
    if (child_call(work_write, "x", deadline_in(LONG), &out, &ret, &e) < 0)
        return 2;
    if (strcmp(buf_string(&out), "x") != 0)
        return 3;
    return fflush(stdout) == 0 ? 0 : 4;
}

static void test_stdio_is_not_flushed(void **state)
{
    char path[] = "/tmp/postbag-test.XXXXXX", text[16] = "";
    CLEANUP(io_close) int fd = mkstemp(path);
    (void)state;
    assert_int_equal(forked(stdio_part, path), 0);
    unlink(path);
    assert_int_equal(io_read(fd, text, sizeof text), 4);
    assert_memory_equal(text, "once", 4);
}

static int work_tell_and_hang(const void *context, int fd)
{
    pid_t self = getpid();
    if (io_write(STDERR_FILENO, &self, sizeof self) < 0)
        return 1;
    return work_hang(context, fd);
}

static _Noreturn void wait_for_a_child_that_hangs(int told)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    dup2(told, STDERR_FILENO);
    _exit(child_call(work_tell_and_hang, "pause", deadline_in(0), &out, &ret, &e) < 0);
}

/* A killed caller leaves nothing behind: the orphan comes to us, killed. */
static void test_death_of_the_caller(void **state)
{
    int pair[2], status = 0;
    pid_t orphan = 0;
    (void)state;
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    pid_t caller = fork();
    if (caller == 0)
        wait_for_a_child_that_hangs(pair[1]);
    assert_int_equal(io_read(pair[0], &orphan, sizeof orphan), sizeof orphan);
    kill(caller, SIGKILL);
    assert_int_equal(waitpid(caller, NULL, 0), caller);
    assert_int_equal(waitpid(orphan, &status, 0), orphan);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    close(pair[0]);
    close(pair[1]);
}

/* Held signals do not cut the wait short. */
static int held_part(void *unused)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    (void)unused;
    sig_start();
    sig_hold();
    if (run_shell("kill -TERM $PPID; echo x", LONG, &out, &ret, &e) < 0)
        return 1;
    return sig_caught() == SIGTERM && strcmp(buf_string(&out), "x\n") == 0 ? 0 : 2;
}

static void test_held_signals(void **state)
{
    (void)state;
    assert_int_equal(forked(held_part, NULL), 0);
}

/* No process can be started, or no descriptor be had: an error, and nothing is leaked. */
static int refused_part(void *context)
{
    ERR e = { 0 };
    BUF out = { 0 };
    struct child_result ret;
    int before = count_descriptors();
    for (const long *call = context; *call; call++)
        deny(*call, 0, 0, EAGAIN);
    if (run_shell("echo x", LONG, &out, &ret, &e) != -1 || e.kind != ERR_SYSTEM)
        return 1;
    return count_descriptors() == before && !out.len ? 0 : 2;
}

static void test_refused_calls(void **state)
{
    long rows[][3] = { { SYS_clone }, { SYS_pipe2 }, { SYS_pidfd_open, SYS_signalfd4 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(forked(refused_part, rows[i]), 0);
}

/* Orphans can be waited for here; there is something on standard input; every folder of PATH can be
 * searched. */
static int setup(void **state)
{
    int pair[2];
    (void)state;
    if (pipe2(pair, O_CLOEXEC) < 0 || io_write(pair[1], "noise", 5) < 0 || dup2(pair[0], 0) < 0)
        return -1;
    close(pair[0]);
    close(pair[1]);
    return setenv("PATH", "/usr/bin:/bin", 1) || prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_runs_on_an_old_kernel),
        cmocka_unit_test(test_not_executable),
        cmocka_unit_test(test_output_is_appended_or_untouched),
        cmocka_unit_test(test_deadline_passed_before),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_no_path),
        cmocka_unit_test(test_background_is_not_waited_for),
        cmocka_unit_test(test_group_is_killed),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_stdio_is_not_flushed),
        cmocka_unit_test(test_death_of_the_caller),
        cmocka_unit_test(test_held_signals),
        cmocka_unit_test(test_refused_calls),
    };
    return cmocka_run_group_tests_name("base/child", tests, setup, NULL);
}
