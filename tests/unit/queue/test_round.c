/* A message that kills whoever sends it. */
#include "queue/commit.h"
#include "queue/item.h"
#include "queue/runner.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct scratch scratch;
    struct spool spool;
    struct config config;
    struct ident ident;
    char config_path[80];
    struct queue_id id;
};

static void put(struct place *p)
{
    ERR e = { 0 };
    struct rcpt rcpt = { .wire = "bob@example.com", .original = "bob@example.com" };
    struct stored stored = scratch_stored(100);
    struct envelope envelope = { .sender = "me@example.com", .rcpts = &rcpt, .n_rcpts = 1 };
    struct route route = { .account = "example", .config = p->config_path };
    struct entry entry = entry_of(&p->scratch.arena, &route, &envelope, &stored);
    assert_int_equal(spool_commit(&p->spool, &entry, &stored, FOLDER_NEW, &e), 1);
    p->id = entry.id;
    stored_done(&stored);
}

static void set_up(struct place *p)
{
    ERR e = { 0 };
    *p = (struct place){ .ident = { .login = "me", .gecos = "", .host = "host.example.net" } };
    p->ident.uid = getuid();
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    scratch_write(&p->scratch, "config",
                  SPAN("[account example]\nhost = 127.0.0.1\nport = 1\ntls = off\nuser = me\n"
                       "password_command = sh -c 'kill -9 $PPID'\n[log]\nsyslog = off\n"));
    snprintf(p->config_path, sizeof p->config_path, "%s/config", p->scratch.path);
    struct config_request request = { .ident = &p->ident, .file = p->config_path };
    if (config_load(&request, &p->config, &e) < 0)
        fail_msg("%s", e.text);
    put(p);
}

static void tear_down(struct place *p)
{
    config_done(&p->config);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

/* In a process of its own, which complains on stderr. */
static void run(struct place *p)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        ERR e = { 0 };
        struct runner_totals totals;
        const struct runner_setup setup = { .spool = p->scratch.path,
                                            .config = &p->config,
                                            .ident = &p->ident,
                                            .mode = RUNNER_ALL,
                                            .name = "test" };
        if (!freopen("/dev/null", "w", stderr))
            _exit(9);
        int done = runner_run(&setup, &totals, &e);
        _exit(done < 0 ? 9 : (int)totals.left);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

/* Each death is an attempt like another: the message waits for its next, and its patience ends. */
static void test_a_death_is_an_attempt(void **state)
{
    (void)state;
    struct place p;
    set_up(&p);
    for (unsigned deaths = 1; deaths <= 2; deaths++) {
        ERR e = { 0 };
        struct item item = { 0 };
        run(&p);
        assert_int_equal(item_open(&p.spool, FOLDER_DEFER, &p.id, false, &item, &e), ITEM_OPEN);
        struct state *now = &item.entry.state;
        assert_int_equal(now->attempts, deaths);
        assert_true(now->last_s > 0 && now->next_s > now->last_s);
        assert_true(deaths == 1 ? now->tried_s == 0 : now->tried_s >= 1000);
        now->last_s -= 1000;
        assert_int_equal(item_write_state(&item, false, &e), 0);
        item_close(&item);
    }
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_death_is_an_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
