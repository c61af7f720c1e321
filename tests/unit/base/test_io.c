#include "base/io.h"

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
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int sanitize_part(void *context)
{
    const char *closed = context;
    struct stat null, now;
    for (const char *at = closed; *at; at++)
        close(*at - '0');
    io_sanitize();
    if (stat("/dev/null", &null) < 0)
        return 1;
    for (int fd = 0; fd <= 2; fd++) {
        bool is_null = fstat(fd, &now) == 0 && now.st_rdev == null.st_rdev;
        if (strchr(closed, '0' + fd) && !is_null)
            return 10 + fd;
    }
    int next = open("/dev/null", O_RDONLY);
    return next > 2 ? 0 : 20 + next;
}

static void test_sanitize(void **state)
{
    static const char *const rows[] = { "", "0", "1", "2", "01", "12", "02", "012" };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char closed[4] = "";
        memcpy(closed, rows[i], strlen(rows[i]));
        assert_int_equal(forked(sanitize_part, closed), 0);
    }
}

/* Reads until the end from a copy of this process, so that a writer can run full. */
static pid_t count_in_child(int fd, int other, size_t want)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char octets[1000];
    size_t got = 0;
    close(other);
    for (ssize_t n = 0; (n = io_read(fd, octets, sizeof octets)) > 0;)
        got += (size_t)n;
    _exit(got == want ? 0 : 1);
}

/* More than a pipe holds, on descriptors that another process may have made non-blocking. */
static void test_write_past_a_full_pipe(void **state)
{
    enum { MUCH = 1 << 20 };
    static const int flags[] = { 0, O_NONBLOCK };
    (void)state;
    char *octets = mem_new(MUCH, 1);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        int pair[2], status = -1;
        assert_int_equal(pipe2(pair, O_CLOEXEC | flags[i]), 0);
        pid_t pid = count_in_child(pair[0], pair[1], MUCH);
        close(pair[0]);
        assert_int_equal(io_write(pair[1], octets, MUCH), 0);
        close(pair[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    free(octets);
}

static int wake_end = -1;

static void wake(int number)
{
    (void)number;
    if (write(wake_end, "x", 1) != 1)
        _exit(1);
}

/* The read is interrupted by the very signal whose handler sends the octet. */
static int interrupt_part(void *unused)
{
    struct sigaction action = { .sa_handler = wake };
    struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
    int pair[2];
    char got = 0;
    (void)unused;
    if (pipe(pair) < 0)
        return 1;
    wake_end = pair[1];
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    return io_read(pair[0], &got, 1) == 1 && got == 'x' ? 0 : 2;
}

static void test_interrupted_read(void **state)
{
    (void)state;
    assert_int_equal(forked(interrupt_part, NULL), 0);
}

static void test_bad_descriptors(void **state)
{
    char octet = 0;
    (void)state;
    int null = open("/dev/null", O_RDONLY);
    assert_int_equal(io_write(null, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(io_read(-1, &octet, 1), -1);
    assert_int_equal(io_read_at(-1, &octet, 1, 0), -1);
    assert_int_equal(io_write(-1, NULL, 0), 0);
    assert_int_equal(io_read(null, &octet, 1), 0);
    io_close(&null);
    assert_int_equal(null, -1);
    io_close(&null);
    int full = open("/dev/full", O_WRONLY);
    assert_int_equal(io_write(full, "x", 1), -1);
    assert_int_equal(errno, ENOSPC);
    io_close(&full);
}

static bool lies_in(int fd, const char *folder)
{
    char link[64], path[4096] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, path, sizeof path - 1) > 0 &&
           strncmp(path, folder, strlen(folder)) == 0 && path[strlen(folder)] == '/';
}

static int temporary_in(const char *folder)
{
    ERR e = { 0 };
    struct stat facts;
    char got[4] = "";
    int fd = io_open_temporary(&e);
    if (fd < 0)
        return e.kind == ERR_CREATE && strstr(e.text, folder) ? 1 : 2;
    if (fstat(fd, &facts) < 0 || facts.st_nlink || (facts.st_mode & 07777) != 0600)
        return 3;
    if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
        return 4;
    if (io_write(fd, "abc", 3) < 0 || io_read_at(fd, got, 4, 1) != 2)
        return 5;
    return strcmp(got, "bc") == 0 && lies_in(fd, folder) ? 0 : 6;
}

struct temporary {
    const char *variable, *folder;
    bool old_kernel;
};

static int temporary_part(void *context)
{
    const struct temporary *row = context;
    umask(0);
    unsetenv("TMPDIR");
    if (row->variable)
        setenv("TMPDIR", row->variable, 1);
    if (row->old_kernel)
        deny(SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
    return temporary_in(row->folder);
}

static void test_temporary(void **state)
{
    char folder[] = "/tmp/postbag-test.XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    const struct {
        struct temporary row;
        int want;
    } rows[] = {
        { { NULL, "/tmp", false }, 0 },
        { { NULL, "/tmp", true }, 0 },
        { { "", "/tmp", false }, 0 },
        { { "relative", "/tmp", false }, 0 },
        { { folder, folder, false }, 0 },
        { { folder, folder, true }, 0 },
        { { "/nowhere/at/all", "/nowhere/at/all", false }, 1 },
        { { "/dev/null", "/dev/null", false }, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct temporary row = rows[i].row;
        int got = forked(temporary_part, &row);
        if (got != rows[i].want)
            fail_msg("row %zu: %d", i, got);
    }
    assert_int_equal(rmdir(folder), 0); /* nothing is left in it */
}

static void test_read_all(void **state)
{
    static const struct {
        size_t size, limit;
        bool fits;
    } rows[] = {
        { 0, 0, true },         { 1, 0, false },        { 5, 5, true },
        { 6, 5, false },        { 4096, 4096, true },   { 4097, 4096, false },
        { 10000, 10000, true }, { 10000, 9999, false }, { 9000, SIZE_MAX / 8, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF text = { .secret = i % 2 };
        CLEANUP(io_close) int fd = io_open_temporary(&e);
        assert_int_equal(ftruncate(fd, (off_t)rows[i].size), 0);
        buf_add_string(&text, "kept");
        int done = io_read_all(fd, "some file", rows[i].limit, &text, &e);
        assert_int_equal(done, rows[i].fits ? 0 : -1);
        assert_int_equal(text.len, 4 + (rows[i].fits ? rows[i].size : 0));
        assert_int_equal(e.kind, rows[i].fits ? ERR_NONE : ERR_DATA);
    }
}

static void test_read_all_of_a_folder(void **state)
{
    ERR e = { 0 };
    BUF text = { 0 };
    CLEANUP(io_close) int fd = open("/", O_RDONLY);
    (void)state;
    assert_int_equal(io_read_all(fd, "/", 10, &text, &e), -1);
    assert_int_equal(e.kind, ERR_IO);
    assert_string_equal(e.text, "cannot read /: Is a directory");
}

/* Two descriptions of one file keep each other out; two files do not. */
static void test_lock(void **state)
{
    char path[] = "/tmp/postbag-io-XXXXXX";
    struct stat a, b, null;
    (void)state;
    int one = mkstemp(path), other = open(path, O_RDONLY);
    assert_true(one >= 0 && other >= 0);
    assert_int_equal(io_lock(one, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(io_lock(other, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(io_lock(one, LOCK_UN), 0);
    assert_int_equal(io_lock(other, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(fstat(one, &a) | fstat(other, &b) | stat("/dev/null", &null), 0);
    assert_true(io_is_same(&a, &b));
    assert_false(io_is_same(&a, &null));
    close(one);
    close(other);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sanitize),
        cmocka_unit_test(test_write_past_a_full_pipe),
        cmocka_unit_test(test_interrupted_read),
        cmocka_unit_test(test_bad_descriptors),
        cmocka_unit_test(test_temporary),
        cmocka_unit_test(test_read_all),
        cmocka_unit_test(test_read_all_of_a_folder),
        cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests_name("base/io", tests, NULL, NULL);
}
