/* What verdicts make of a message: marks, bounces, next try, folder. */
#include "queue/settle.h"

#include "queue/commit.h"
#include "queue/waiting.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CREATED = 1700000000, DAY = 24 * 3600 };

struct place {
    struct scratch scratch;
    struct spool spool;
    struct item item;
    struct ident ident;
    struct account account;
    struct queue_opts opts;
    struct standing standing;
    struct worker_setup setup;
    struct verdict verdicts[2];
};

static int64_t steps[] = { 60, 600 };
static const struct schedule schedule = { steps, 2 };

/* A message to bob, and to eve, who wants no bounces. */
static void set_up(struct place *p, const char *sender, const char *marks)
{
    ERR e = { 0 };
    *p = (struct place){ .ident = { .host = "host.example.net" },
                         .account = { .name = "example" },
                         .opts = { .lifetime_ms = 5LL * DAY * 1000, .bounce = "sender" } };
    scratch_open(&p->scratch);
    p->spool = scratch_spool(&p->scratch);
    struct stored stored = scratch_stored(100);
    struct entry entry = scratch_entry(&p->scratch, &stored);
    entry.created_us = (int64_t)CREATED * 1000000;
    entry.envelope.sender = sender;
    memcpy(entry.state.marks, marks, 2);
    assert_int_equal(spool_commit(&p->spool, &entry, &stored, FOLDER_NEW, &e), 1);
    stored_done(&stored);
    assert_int_equal(item_open(&p->spool, FOLDER_NEW, &entry.id, false, &p->item, &e), ITEM_OPEN);
    p->setup = (struct worker_setup){
        .spool = &p->spool, .opts = &p->opts, .ident = &p->ident, .notice = { .name = "test" }
    };
}

static void tear_down(struct place *p)
{
    for (size_t i = 0; i < 2; i++)
        verdict_done(&p->verdicts[i]);
    standing_done(&p->standing);
    item_close(&p->item);
    spool_close(&p->spool);
    scratch_remove(&p->scratch);
}

/* s sent, r refused, f failed for now, l login refused, a left open, - nothing new */
static struct verdict verdict(char letter)
{
    struct verdict v = { .result = VERDICT_PENDING, .stage = STAGE_RCPT };
    switch (letter) {
    case 's': v.result = VERDICT_SENT; break;
    case 'a': v.result = VERDICT_AMBIGUOUS; break;
    case 'r':
    case 'l': v.result = VERDICT_REFUSED; break;
    case 'f': v.result = VERDICT_FAILED; break;
    }
    if (letter == 'l')
        v.stage = STAGE_AUTH;
    if (v.result != VERDICT_PENDING)
        err_set(&v.err, letter == 'f' ? ERR_TEMPORARY : ERR_REPLY, "words");
    if (v.err.kind == ERR_REPLY)
        v.err.code = letter == 's' ? 250 : 550;
    return v;
}

/* Nobody looks at what a test tells. */
static enum worker_result settle_quietly(const struct settlement *s)
{
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0);
    assert_non_null(freopen("/dev/null", "w", stderr));
    enum worker_result result = settle(s);
    dup2(kept, STDERR_FILENO);
    close(kept);
    return result;
}

static enum worker_result run(struct place *p, const char *letters, int64_t now)
{
    for (size_t i = 0; i < 2; i++) {
        verdict_done(&p->verdicts[i]);
        p->verdicts[i] = verdict(letters[i]);
    }
    struct settlement s = { .setup = &p->setup,
                            .account = &p->account,
                            .schedule = &schedule,
                            .standing = &p->standing,
                            .item = &p->item,
                            .verdicts = p->verdicts,
                            .tried = strcmp(letters, "--") != 0,
                            .now = now };
    return settle_quietly(&s);
}

static const struct row {
    const char *name;
    const char *marks;
    const char *verdicts;
    enum worker_result result;
    const char *folder; /* where it is then; NULL: removed */
    const char *after;  /* marks then */
    size_t bounces;
    const char *sender;
    const char *bounce;
} rows[] = {
    { "delivered", "..", "ss", WORKER_DONE, NULL, "DD", 0, "me@example.com", "sender" },
    { "the rest delivered", "D.", "-s", WORKER_DONE, NULL, "DD", 0, "me@example.com", "sender" },
    { "both wait", "..", "ff", WORKER_DEFERRED, "defer", "..", 0, "me@example.com", "sender" },
    { "one waits", "..", "sf", WORKER_DEFERRED, "defer", "D.", 0, "me@example.com", "sender" },
    { "one refused, one waits", "..", "rf", WORKER_DEFERRED, "defer", "F.", 1, "me@example.com",
      "sender" },
    { "one refused, one sent", "..", "rs", WORKER_DONE, NULL, "FD", 1, "me@example.com", "sender" },
    { "refused later", "D.", "-r", WORKER_HELD, "failed", "DF", 0, "me@example.com", "sender" },
    { "eve is not reported", "..", "sr", WORKER_HELD, "failed", "DF", 0, "me@example.com",
      "sender" },
    { "one report is enough", "..", "rr", WORKER_DONE, NULL, "FF", 1, "me@example.com", "sender" },
    { "no bounce of a bounce", "..", "rr", WORKER_HELD, "failed", "FF", 0, "", "sender" },
    { "no bounces at all", "..", "rr", WORKER_HELD, "failed", "FF", 0, "me@example.com", "none" },
    { "to another", "..", "rr", WORKER_DONE, NULL, "FF", 1, "me@example.com", "pm@example.com" },
    { "a login refused is no reason", "..", "ll", WORKER_DEFERRED, "defer", "..", 0,
      "me@example.com", "sender" },
    { "left open", "..", "sa", WORKER_DEFERRED, "defer", "D.", 0, "me@example.com", "sender" },
    { "nothing new", "D.", "--", WORKER_DEFERRED, "defer", "D.", 0, "me@example.com", "sender" },
    { "nothing left", "DD", "--", WORKER_DONE, NULL, "DD", 0, "me@example.com", "sender" },
    { "told before, then sent", "F.", "-s", WORKER_DONE, NULL, "FD", 0, "me@example.com",
      "sender" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct place p;
        set_up(&p, row->sender, row->marks);
        p.opts.bounce = row->bounce;
        enum worker_result result = run(&p, row->verdicts, CREATED + 10);
        if (result != row->result || strcmp(p.item.entry.state.marks, row->after))
            print_error("%s\n", row->name);
        assert_int_equal(result, row->result);
        assert_string_equal(p.item.entry.state.marks, row->after);
        assert_int_equal(scratch_names(&p.scratch, "new"), row->bounces);
        static const char *const folders[] = { "defer", "failed", "hold", "corrupt" };
        for (size_t j = 0; j < 4; j++)
            assert_int_equal(scratch_names(&p.scratch, folders[j]),
                             row->folder && strcmp(row->folder, folders[j]) == 0);
        tear_down(&p);
    }
}

/* Somebody waits, or does no more. What was refused says so in its stored reply. */
static const struct awaited_row {
    const char *marks;
    const char *verdicts;
    bool awaited;
    enum worker_result result;
    const char *folder; /* NULL: gone */
    const char *after;
    size_t bounces;
    unsigned attempts;
} awaited_rows[] = {
    { "..", "ss", true, WORKER_DONE, NULL, "DD", 0, 0 },
    { "..", "rr", true, WORKER_DEFERRED, "defer", "RR", 0, 0 },
    { "..", "rs", true, WORKER_DEFERRED, "defer", "RD", 0, 0 },
    { "..", "rf", true, WORKER_DEFERRED, "defer", "R.", 0, 1 },
    { "..", "ra", true, WORKER_DEFERRED, "defer", "R.", 0, 1 },
    { "..", "ll", true, WORKER_DEFERRED, "defer", "..", 0, 1 },
    { "RD", "--", true, WORKER_DEFERRED, "defer", "RD", 0, 0 },
    { "R.", "-r", true, WORKER_DEFERRED, "defer", "RR", 0, 0 },
    { "R.", "-s", true, WORKER_DEFERRED, "defer", "RD", 0, 0 },
    { "RR", "--", false, WORKER_DONE, NULL, "FF", 1, 0 },
    { "RD", "--", false, WORKER_DONE, NULL, "FD", 1, 0 },
    { "R.", "-f", false, WORKER_DEFERRED, "defer", "F.", 1, 1 },
    { "R.", "-r", false, WORKER_DONE, NULL, "FF", 1, 1 },
    { "R.", "--", false, WORKER_DEFERRED, "defer", "F.", 1, 0 },
    { "DR", "--", false, WORKER_HELD, "failed", "DF", 0, 0 }, /* eve wants no bounces */
};

static void test_somebody_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof awaited_rows / sizeof *awaited_rows; i++) {
        const struct awaited_row *row = &awaited_rows[i];
        struct place p;
        struct waiting w = { 0 };
        ERR e = { 0 };
        set_up(&p, "me@example.com", row->marks);
        if (row->awaited)
            assert_int_equal(waiting_open(&p.spool, &p.item.entry.id, &w, &e), 1);
        enum worker_result result = run(&p, row->verdicts, CREATED + 10);
        if (result != row->result || strcmp(p.item.entry.state.marks, row->after))
            print_error("%s %s\n", row->marks, row->verdicts);
        assert_int_equal(result, row->result);
        assert_string_equal(p.item.entry.state.marks, row->after);
        assert_int_equal(p.item.entry.state.attempts, row->attempts);
        assert_int_equal(scratch_names(&p.scratch, "new"), row->bounces);
        assert_int_equal(scratch_names(&p.scratch, "defer"),
                         row->folder && strcmp(row->folder, "defer") == 0);
        assert_int_equal(scratch_names(&p.scratch, "failed"),
                         row->folder && strcmp(row->folder, "failed") == 0);
        if (row->folder)
            assert_true(p.item.entry.state.next_s > CREATED + 10 || row->verdicts[1] == '-');
        if (row->awaited)
            waiting_close(&w);
        tear_down(&p);
    }
}

/* What nobody was told in time is bounced with the words of that time. */
static void test_told_late(void **state)
{
    (void)state;
    struct place p;
    struct waiting w;
    ERR e = { 0 };
    BUF bounce = { 0 };
    set_up(&p, "me@example.com", "..");
    assert_int_equal(waiting_open(&p.spool, &p.item.entry.id, &w, &e), 1);
    run(&p, "rf", CREATED + 10);
    waiting_close(&w);
    run(&p, "-f", CREATED + 200);
    struct id_list ids = { 0 };
    assert_int_equal(spool_scan(&p.spool, FOLDER_NEW, false, &ids, &e), 0);
    assert_int_equal(ids.n, 1);
    bounce = scratch_read(&p.scratch, entry_path(FOLDER_NEW, &ids.items[0]).text);
    assert_non_null(strstr(buf_string(&bounce), "Final-Recipient: rfc822; bob@example.com"));
    assert_non_null(strstr(buf_string(&bounce), "Diagnostic-Code: smtp; 550 words"));
    assert_null(strstr(buf_string(&bounce), "Final-Recipient: rfc822; eve"));
    id_list_done(&ids);
    tear_down(&p);
}

/* A sender that is no address cannot be told: the message is kept. */
static void test_nobody_to_tell(void **state)
{
    (void)state;
    static const char *const bounces[] = { "sender", "not an address", "a@b@c" };
    for (size_t i = 0; i < 3; i++) {
        struct place p;
        set_up(&p, i ? "me@example.com" : "me@", "..");
        p.opts.bounce = bounces[i];
        assert_int_equal(run(&p, "rr", CREATED + 10), WORKER_HELD);
        assert_string_equal(p.item.entry.state.marks, "FF");
        assert_int_equal(scratch_names(&p.scratch, "failed"), 1);
        assert_int_equal(scratch_names(&p.scratch, "new"), 0);
        tear_down(&p);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct place p;
    struct state *s = &p.item.entry.state;
    set_up(&p, "me@example.com", "..");
    run(&p, "ff", CREATED + 10);
    assert_int_equal(s->attempts, 1);
    assert_int_equal(s->last_s, CREATED + 10);
    assert_true(s->next_s >= CREATED + 10 + 51 && s->next_s <= CREATED + 10 + 69);
    run(&p, "--", CREATED + 50);
    assert_int_equal(s->attempts, 1);
    run(&p, "ff", CREATED + 110);
    assert_int_equal(s->attempts, 2);
    assert_int_equal(s->tried_s, 100);
    tear_down(&p);
}

static void test_left_open(void **state)
{
    (void)state;
    struct place p;
    struct state *s = &p.item.entry.state;
    set_up(&p, "me@example.com", "..");
    for (unsigned i = 1; i <= SCHEDULE_AMBIGUOUS_MAX; i++) {
        bool held = i == SCHEDULE_AMBIGUOUS_MAX;
        assert_int_equal(run(&p, "aa", CREATED), held ? WORKER_HELD : WORKER_DEFERRED);
        assert_int_equal(s->ambiguous, i);
        assert_true(s->next_s >= CREATED + SCHEDULE_AMBIGUOUS);
        assert_int_equal(scratch_names(&p.scratch, "hold"), held);
    }
    tear_down(&p);
}

/* Age, seconds tried, is the account's trouble permanent (1), passing (2) or none (0): given up? */
static void test_expiry(void **state)
{
    (void)state;
    static const struct {
        const char *sender;
        int64_t age, tried;
        int trouble;
        bool expired;
    } cases[] = {
        { "me@example.com", 4 * DAY, 4 * DAY, 0, false },
        { "me@example.com", 6 * DAY, 6 * DAY, 0, true },
        { "me@example.com", 6 * DAY, 1 * DAY, 0, false }, /* a clock that has jumped */
        { "me@example.com", 6 * DAY, 0, 2, true },        /* the account was tried all the time */
        { "me@example.com", 6 * DAY, 6 * DAY, 1, false },
        { "", 2 * DAY, 2 * DAY, 0, true }, /* a bounce is given up earlier */
        { "", DAY / 2, DAY / 2, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place p;
        set_up(&p, cases[i].sender, "..");
        p.item.entry.state.tried_s = cases[i].tried;
        p.standing = (struct standing){ .failures = cases[i].trouble > 0,
                                        .permanent = cases[i].trouble == 1,
                                        .tried_s = cases[i].trouble ? 6 * DAY : 0 };
        enum worker_result result = run(&p, "ff", CREATED + cases[i].age);
        if ((result != WORKER_DEFERRED) != cases[i].expired)
            print_error("case %zu\n", i);
        assert_int_equal(result != WORKER_DEFERRED, cases[i].expired);
        assert_int_equal(scratch_names(&p.scratch, "new"), cases[i].expired && *cases[i].sender);
        tear_down(&p);
    }
}

static void test_warning_comes_once(void **state)
{
    (void)state;
    struct place p;
    set_up(&p, "me@example.com", "..");
    p.opts.warn_after_ms = 3600LL * 1000;
    run(&p, "ff", CREATED + 3000);
    assert_int_equal(scratch_names(&p.scratch, "new"), 0);
    run(&p, "ff", CREATED + 3700);
    assert_true(p.item.entry.state.warned);
    assert_int_equal(scratch_names(&p.scratch, "new"), 1);
    run(&p, "ff", CREATED + 7200);
    assert_int_equal(scratch_names(&p.scratch, "new"), 1);
    tear_down(&p);
}

/* Nothing is marked before the bounce is durable. */
static void test_bounce_that_cannot_be_kept(void **state)
{
    (void)state;
    struct place p;
    ERR e = { 0 };
    set_up(&p, "me@example.com", "..");
    assert_int_equal(item_move(&p.item, FOLDER_DEFER, false, &e), 0);
    assert_int_equal(symlinkat("/dev/null/x", p.spool.root, "tmp.x"), 0);
    assert_int_equal(unlinkat(p.spool.root, "tmp", AT_REMOVEDIR), 0);
    assert_int_equal(renameat(p.spool.root, "tmp.x", p.spool.root, "tmp"), 0);
    assert_int_equal(run(&p, "rr", CREATED + 10), WORKER_DEFERRED);
    assert_string_equal(p.item.entry.state.marks, "..");
    assert_int_equal(scratch_names(&p.scratch, "defer"), 1);
    tear_down(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_somebody_waits),
        cmocka_unit_test(test_told_late),
        cmocka_unit_test(test_nobody_to_tell),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_left_open),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_warning_comes_once),
        cmocka_unit_test(test_bounce_that_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
