#include "cmd/serve_count.h"

#include "../queue/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ident joe = { .uid = 4711, .login = "joe", .gecos = "", .host = "host" };

struct place {
    struct scratch scratch;
    struct spool spool;
    struct serve_opts opts;
    struct serve_user user;
};

static void set_up(struct place *p, unsigned messages)
{
    *p = (struct place){ .opts = { .rate_messages = messages, .rate_period_s = 86400 } };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    p->user = (struct serve_user){ &p->opts,
                                   &joe,
                                   { .uid = 4711, .gid = 4711, .pid = 1, .known = true } };
}

static void tear_down(struct place *p)
{
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

static bool ask(const struct place *p, bool take)
{
    ERR e = { 0 };
    if (serve_allows_message(&p->user, &p->spool, take, &e) == 0)
        return true;
    assert_int_equal(e.code, 451);
    assert_string_equal(e.enhanced, "4.7.1");
    return false;
}

static void test_each_user_has_his_own(void **state)
{
    struct place p;
    (void)state;
    set_up(&p, 2);
    for (int i = 0; i < 2; i++) {
        assert_true(ask(&p, false));
        assert_true(ask(&p, true));
    }
    for (int take = 0; take < 2; take++)
        assert_false(ask(&p, take));
    p.user.peer.uid++;
    assert_true(ask(&p, true));
    tear_down(&p);
}

static void test_no_limit(void **state)
{
    struct place p;
    (void)state;
    set_up(&p, 0);
    for (int i = 0; i < 5; i++)
        assert_true(ask(&p, true));
    assert_int_equal(scratch_names(&p.scratch, "accounts"), 0);
    tear_down(&p);
}

/* Sessions are processes; none of them gets what another one has taken. */
static void test_at_once(void **state)
{
    enum { SESSIONS = 4, EACH = 10, ALLOWED = 25 };
    struct place p;
    int status, taken = 0;
    (void)state;
    set_up(&p, ALLOWED);
    for (int i = 0; i < SESSIONS; i++)
        if (fork() == 0) {
            int own = 0;
            for (int k = 0; k < EACH; k++)
                own += ask(&p, true);
            _exit(own);
        }
    while (wait(&status) > 0)
        taken += WEXITSTATUS(status);
    assert_int_equal(taken, ALLOWED);
    tear_down(&p);
}

/* What makes no sense is a fresh start. */
static void test_files(void **state)
{
    static const struct {
        const char *text;
        bool allowed;
    } rows[] = {
        { "", true },
        { "garbage", true },
        { "0000000000000000 x000000000000000\n", true },
        { "-000000000000001 0000000000000001\n", true },
        { "0000000000000000 0000000000000001\n", true },  /* since 1970 */
        { "0000000000000000 9999999999999999\n", false }, /* a clock that was ahead gives nothing */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct place p;
        set_up(&p, 2);
        scratch_write(&p.scratch, "accounts/uid-4711", span_of(rows[i].text));
        if (ask(&p, true) != rows[i].allowed)
            fail_msg("\"%s\"", rows[i].text);
        tear_down(&p);
    }
}

static void test_no_file(void **state)
{
    struct place p;
    ERR e = { 0 };
    BUF path = { 0 };
    (void)state;
    set_up(&p, 2);
    buf_addf(&path, "%s/accounts/uid-4711", p.scratch.path);
    assert_int_equal(symlink("/etc/passwd", buf_string(&path)), 0);
    assert_int_equal(serve_allows_message(&p.user, &p.spool, true, &e), -1);
    assert_string_equal(e.text, "451 4.3.0 Your messages cannot be counted");
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_user_has_his_own),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
