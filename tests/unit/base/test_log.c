#include "base/log.h"

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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* These stand in for libc's, which would speak to the machine's own log. */

static struct {
    char name[16];
    int facility; /* as in RFC 5424, times 8 */
    int priority;
    int records;
    bool full; /* the daemon does not read */
    struct buf text;
} sys;

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    const struct sockaddr_un *at = (const struct sockaddr_un *)address;
    assert_true(fd >= 0 && len == sizeof *at);
    assert_string_equal(at->sun_path, "/dev/log");
    return 0;
}

/* "<PRIORITY>Mmm dd hh:mm:ss NAME[PID]: TEXT" */
ssize_t send(int fd, const void *octets, size_t len, int flags)
{
    int priority = 0, pid = 0, start = 0;
    (void)fd;
    assert_true(flags & MSG_DONTWAIT);
    if (sys.full) {
        errno = EAGAIN;
        return -1;
    }
    assert_int_equal(sscanf(octets, "<%d>%*3c %*2c %*2d:%*2d:%*2d %15[^[][%d]: %n", &priority,
                            sys.name, &pid, &start),
                     3);
    assert_int_equal(pid, getpid());
    sys.facility = priority & ~7;
    sys.priority = priority & 7;
    sys.records++;
    buf_clear(&sys.text);
    buf_add(&sys.text, (const char *)octets + start, len - (size_t)start);
    return (ssize_t)len;
}

static void test_facilities(void **state)
{
    static const struct {
        const char *name;
        int number; /* -1: known, but nothing is logged; -2: unknown */
    } rows[] = {
        { "mail", 2 },    { "user", 1 },    { "daemon", 3 }, { "authpriv", 10 },
        { "local0", 16 }, { "local7", 23 }, { "off", -1 },   { "", -2 },
        { "local8", -2 }, { "MAIL", -2 },   { "mail ", -2 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(log_facility_is_known(rows[i].name), rows[i].number > -2);
        sys.records = 0;
        sys.facility = -1;
        log_setup("postbag", rows[i].name, NULL);
        log_write(LOG_LEVEL_INFO, SPAN("hello"));
        assert_int_equal(sys.records, rows[i].number >= 0);
        if (rows[i].number >= 0)
            assert_int_equal(sys.facility, rows[i].number * 8);
    }
    log_setup("postbag", NULL, NULL);
    log_write(LOG_LEVEL_INFO, SPAN("hello"));
    assert_int_equal(sys.records, 0);
    log_done();
}

static void test_syslog(void **state)
{
    static const struct {
        enum log_level level;
        int priority;
        struct span line;
        const char *want;
    } rows[] = {
        { LOG_LEVEL_ERROR, 3, SPAN("100 %s %n"), "100 %s %n" },
        { LOG_LEVEL_WARNING, 4, SPAN("a\nb\x1B"), "a\\nb\\x1b" },
        { LOG_LEVEL_INFO, 6, SPAN("nul\0."), "nul\\x00." },
    };
    (void)state;
    log_setup("sendmail", "mail", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        log_write(rows[i].level, rows[i].line);
        assert_int_equal(sys.priority, rows[i].priority);
        assert_string_equal(buf_string(&sys.text), rows[i].want);
    }
    assert_string_equal(sys.name, "sendmail");
    assert_null(log_problem());
    log_done();
}

static void test_daemon_that_does_not_read(void **state)
{
    (void)state;
    sys.full = true;
    log_setup("sendmail", "mail", NULL);
    log_write(LOG_LEVEL_INFO, SPAN("lost"));
    assert_null(log_problem());
    sys.full = false;
    log_write(LOG_LEVEL_INFO, SPAN("heard"));
    assert_string_equal(buf_string(&sys.text), "heard");
    log_done();
}

/* A folder for one test, and the path of something in it. */
struct place {
    char folder[32];
    char path[64];
};

static void place_make(struct place *p, const char *name)
{
    memcpy(p->folder, "/tmp/postbag-test.XXXXXX", sizeof "/tmp/postbag-test.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/%s", p->folder, name);
}

static void place_remove(const struct place *p)
{
    remove(p->path);
    assert_int_equal(rmdir(p->folder), 0);
}

static void read_file(const char *path, struct buf *ret)
{
    ERR e = { 0 };
    CLEANUP(io_close) int fd = open(path, O_RDONLY);
    assert_int_equal(io_read_all(fd, path, 10000, ret, &e), 0);
}

static void test_file(void **state)
{
    struct place p;
    struct stat facts;
    BUF text = { 0 };
    (void)state;
    place_make(&p, "log");
    umask(0);
    log_setup("postbag", "off", p.path);
    assert_int_equal(access(p.path, F_OK), -1); /* nothing is opened before the first record */
    log_write(LOG_LEVEL_INFO, SPAN("one"));
    log_write(LOG_LEVEL_ERROR, SPAN("two\r\n\xFF"));
    log_done();
    log_setup("postbag", NULL, p.path);
    log_write(LOG_LEVEL_INFO, SPAN(""));
    assert_null(log_problem());
    log_done();
    read_file(p.path, &text);
    assert_string_equal(buf_string(&text), "one\ntwo\\x0d\\n\\xff\n\n");
    assert_int_equal(stat(p.path, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    place_remove(&p);
}

enum kind { IS_LINK, IS_FOLDER, IS_FIFO, IS_MISSING, IS_FULL };

static void make_kind(enum kind kind, struct place *p)
{
    switch (kind) {
    case IS_LINK: assert_int_equal(symlink("/dev/null", p->path), 0); break;
    case IS_FOLDER: assert_int_equal(mkdir(p->path, 0700), 0); break;
    case IS_FIFO: assert_int_equal(mkfifo(p->path, 0600), 0); break;
    case IS_MISSING: snprintf(p->path, sizeof p->path, "%s/none/log", p->folder); break;
    case IS_FULL: snprintf(p->path, sizeof p->path, "/dev/full"); break;
    }
}

/* Neither hangs nor fails; the problem is told, and syslog has the record. */
static void test_unwritable(void **state)
{
    static const struct {
        enum kind kind;
        int errnum;
    } rows[] = {
        { IS_LINK, ELOOP },     { IS_FOLDER, EISDIR }, { IS_FIFO, ENXIO },
        { IS_MISSING, ENOENT }, { IS_FULL, ENOSPC },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        BUF want = { 0 };
        place_make(&p, "log");
        make_kind(rows[i].kind, &p);
        sys.records = 0;
        log_setup("postbag", "mail", p.path);
        assert_null(log_problem());
        log_write(LOG_LEVEL_INFO, SPAN("one"));
        log_write(LOG_LEVEL_INFO, SPAN("two"));
        buf_addf(&want, "cannot write the log %s: %s", p.path, strerror(rows[i].errnum));
        assert_non_null(log_problem());
        assert_string_equal(log_problem(), buf_string(&want));
        assert_int_equal(sys.records, 3); /* both, and once what is wrong with the file */
        log_done();
        assert_null(log_problem());
        if (rows[i].kind != IS_FULL)
            remove(p.path);
        assert_int_equal(rmdir(p.folder), 0);
    }
}

static void test_fifo_with_reader(void **state)
{
    struct place p;
    char got[16] = "";
    (void)state;
    place_make(&p, "log");
    assert_int_equal(mkfifo(p.path, 0600), 0);
    CLEANUP(io_close) int reader = open(p.path, O_RDONLY | O_NONBLOCK);
    log_setup("postbag", NULL, p.path);
    log_write(LOG_LEVEL_INFO, SPAN("heard"));
    assert_int_equal(io_read(reader, got, sizeof got), 6);
    assert_memory_equal(got, "heard\n", 6);
    assert_null(log_problem());
    log_done();
    place_remove(&p);
}

struct stream_case {
    const char *file;
    int fd;
};

static int stream_part(void *context)
{
    const struct stream_case *row = context;
    int pair[2];
    char got[8] = "";
    if (pipe(pair) < 0 || dup2(pair[1], row->fd) < 0)
        return 1;
    log_setup("postbag", NULL, row->file);
    log_write(LOG_LEVEL_INFO, SPAN("out"));
    if (log_problem() || io_read(pair[0], got, sizeof got) != 4 || strcmp(got, "out\n") != 0)
        return 2;
    log_done();
    return fcntl(row->fd, F_GETFD) < 0 ? 3 : 0; /* the stream itself stays open */
}

static void test_standard_streams(void **state)
{
    struct stream_case rows[] = { { "/dev/stdout", 1 }, { "/dev/stderr", 2 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(forked(stream_part, &rows[i]), 0);
}

/* The disk fills up between two records. */
static int full_part(void *context)
{
    log_setup("postbag", NULL, context);
    log_write(LOG_LEVEL_INFO, SPAN("one"));
    if (log_problem())
        return 1;
    deny(SYS_write, 0, 0, ENOSPC);
    log_write(LOG_LEVEL_INFO, SPAN("two"));
    return log_problem() && strstr(log_problem(), "No space left") ? 0 : 2;
}

static void test_full_later(void **state)
{
    struct place p;
    BUF text = { 0 };
    (void)state;
    place_make(&p, "log");
    assert_int_equal(forked(full_part, p.path), 0);
    read_file(p.path, &text);
    assert_string_equal(buf_string(&text), "one\n");
    place_remove(&p);
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&sys.text);
    return 0;
}

static void test_heard_at(void **state)
{
    (void)state;
    struct stat facts;
    char own[64], other[64];
    assert_int_equal(fstat(STDERR_FILENO, &facts), 0);
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)facts.st_dev, (uintmax_t)facts.st_ino);
    snprintf(other, sizeof other, "%ju:%ju", (uintmax_t)facts.st_dev, (uintmax_t)facts.st_ino + 1);
    const struct {
        const char *stream, *facility;
        bool full, heard;
    } rows[] = {
        { own, "mail", false, true },    { own, "mail", true, false },
        { own, "off", false, false },    { own, NULL, false, false },
        { other, "mail", false, false }, { NULL, "mail", false, false },
        { "", "mail", false, false },    { "1", "mail", false, false },
        { ":", "mail", false, false },   { "1:x", "mail", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].stream)
            setenv("JOURNAL_STREAM", rows[i].stream, 1);
        else
            unsetenv("JOURNAL_STREAM");
        log_setup("postbag", rows[i].facility, NULL);
        assert_false(log_was_heard_at(STDERR_FILENO));
        sys.full = rows[i].full;
        log_write(LOG_LEVEL_INFO, SPAN("hello"));
        sys.full = false;
        assert_int_equal(log_was_heard_at(STDERR_FILENO), rows[i].heard);
    }
    unsetenv("JOURNAL_STREAM");
    log_done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facilities),
        cmocka_unit_test(test_syslog),
        cmocka_unit_test(test_daemon_that_does_not_read),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_fifo_with_reader),
        cmocka_unit_test(test_standard_streams),
        cmocka_unit_test(test_full_later),
        cmocka_unit_test(test_heard_at),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, teardown);
}
