/* What a runner tells, and where. */
#include "queue/notice.h"

#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* In place of libc's, which would speak to the machine's own log. */

static bool daemon_is_there;

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    (void)fd, (void)address, (void)len;
    errno = ENOENT;
    return daemon_is_there ? 0 : -1;
}

ssize_t send(int fd, const void *octets, size_t len, int flags)
{
    (void)fd, (void)octets, (void)flags;
    return (ssize_t)len;
}

struct place {
    char folder[32];
    char log[64];
    int stderr_before;
    int told; /* in place of standard error */
};

static void set_up(struct place *p)
{
    snprintf(p->folder, sizeof p->folder, "/tmp/postbag-test.XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->log, sizeof p->log, "%s/log", p->folder);
    ERR e = { 0 };
    p->told = io_open_temporary(&e);
    p->stderr_before = dup(STDERR_FILENO);
    assert_true(p->told >= 0 && p->stderr_before >= 0);
    assert_true(dup2(p->told, STDERR_FILENO) >= 0);
    log_setup("test", NULL, p->log);
}

static void read_all(int fd, struct buf *to)
{
    ERR e = { 0 };
    assert_int_equal(io_read_all(fd, "test", 65536, to, &e), 0);
    close(fd);
}

/* Ends the place; what was told and logged. */
static void tear_down(struct place *p, struct buf *told, struct buf *logged)
{
    dup2(p->stderr_before, STDERR_FILENO);
    close(p->stderr_before);
    log_done();
    lseek(p->told, 0, SEEK_SET);
    read_all(p->told, told);
    int fd = open(p->log, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        read_all(fd, logged);
    unlink(p->log);
    rmdir(p->folder);
}

static void tell_all(const struct notice *n)
{
    notice_tell(n, "a remedy", "trouble %d\033", 1);
    notice_note(n, "note %d", 2);
    notice_show(n, "detail %d", 3);
}

static void test_who_hears_what(void **state)
{
    (void)state;
    static const struct {
        int verbose;
        const char *told;
    } rows[] = {
        { 0, "test: trouble 1\\x1b\ntest: hint: a remedy\n" },
        { 1, "test: trouble 1\\x1b\ntest: hint: a remedy\ntest: note 2\ntest: detail 3\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        BUF told = { 0 };
        BUF logged = { 0 };
        set_up(&p);
        tell_all(&(struct notice){ .name = "test", .verbose = rows[i].verbose });
        tear_down(&p, &told, &logged);
        assert_string_equal(buf_string(&told), rows[i].told);
        assert_non_null(strstr(buf_string(&logged), "trouble 1"));
        assert_non_null(strstr(buf_string(&logged), "note 2"));
        assert_null(strstr(buf_string(&logged), "detail 3"));
        assert_null(strchr(buf_string(&logged), '\033'));
    }
}

/* The journal has it by way of syslog already, but for the hint; if syslog has it. */
static void test_journal(void **state)
{
    (void)state;
    static const struct {
        bool daemon;
        const char *told;
    } rows[] = {
        { true, "test: hint: a remedy\n" },
        { false, "test: trouble 1\\x1b\ntest: hint: a remedy\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        BUF told = { 0 };
        BUF logged = { 0 };
        struct stat facts;
        char stream[64];
        set_up(&p);
        daemon_is_there = rows[i].daemon;
        assert_int_equal(fstat(STDERR_FILENO, &facts), 0);
        snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)facts.st_dev,
                 (uintmax_t)facts.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
        log_setup("test", "mail", p.log);
        tell_all(&(struct notice){ .name = "test" });
        unsetenv("JOURNAL_STREAM");
        tear_down(&p, &told, &logged);
        daemon_is_there = false;
        assert_string_equal(buf_string(&told), rows[i].told);
        assert_non_null(strstr(buf_string(&logged), "trouble 1"));
    }
}

static void test_json(void **state)
{
    (void)state;
    struct place p;
    BUF told = { 0 };
    BUF logged = { 0 };
    set_up(&p);
    notice_note(&(struct notice){ .name = "test", .json = true }, "a \"note\"");
    tear_down(&p, &told, &logged);
    assert_int_equal(told.len, 0);
    assert_non_null(strstr(buf_string(&logged), "\"note\":\"a \\\"note\\\"\"}"));
}

static void test_outcome(void **state)
{
    (void)state;
    struct place p;
    BUF told = { 0 };
    BUF logged = { 0 };
    struct verdict sent = { .result = VERDICT_SENT };
    struct rcpt rcpt = { .wire = "bob@example.com" };
    struct envelope envelope = { .sender = "me@example.com", .rcpts = &rcpt, .n_rcpts = 1 };
    struct delivery d = { .verdicts = &sent, .n = 1 };
    struct outcome o = { .envelope = &envelope, .delivery = &d, .queue_id = "ID", .status = -1 };
    set_up(&p);
    notice_outcome(&(struct notice){ .name = "test" }, &o);
    tear_down(&p, &told, &logged);
    assert_int_equal(told.len, 0);
    assert_non_null(strstr(buf_string(&logged), "result=sent"));
    assert_non_null(strstr(buf_string(&logged), "queue_id=ID"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_hears_what),
        cmocka_unit_test(test_journal),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
