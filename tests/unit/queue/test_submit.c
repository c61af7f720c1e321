/* submit.c without a server: what is kept, as what, and what is said when that fails. */
#include "queue/submit.h"

#include "queue/item.h"
#include "queue/spool.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 4 };

struct fixture {
    struct scratch scratch;
    int64_t pauses[2];
    struct queue_opts opts;
    struct account account;
    struct rcpt rcpts[MOST];
    struct envelope envelope;
    struct stored stored;
    struct submit_request request;
    struct submitted submitted;
};

static void set_up(struct fixture *f, size_t n)
{
    static const char *const names[MOST] = { "a@example.com", "b@example.com", "c@example.com",
                                             "d@example.com" };
    *f = (struct fixture){ .pauses = { 60, 120 } };
    scratch_open(&f->scratch);
    f->opts = (struct queue_opts){ .retry_s = f->pauses, .retry_n = 2 };
    f->account.name = "test";
    for (size_t i = 0; i < n; i++)
        f->rcpts[i] = (struct rcpt){ .wire = names[i], .original = names[i] };
    f->envelope = (struct envelope){ .sender = "me@example.org", .rcpts = f->rcpts, .n_rcpts = n };
    buf_add_string(&f->stored.header, "Subject: x\r\n\r\n");
    f->stored.message_id = "<1@example.org>";
    f->request = (struct submit_request){
        .parcel = { .account = &f->account, .envelope = &f->envelope, .stored = &f->stored },
        .route = { .account = "test" },
        .opts = &f->opts,
        .mode = QUEUE_MODE_TRY,
        .spool = f->scratch.path,
    };
    delivery_grow(&f->submitted.delivery, n);
}

static void tear_down(struct fixture *f)
{
    submitted_done(&f->submitted);
    stored_done(&f->stored);
    scratch_remove(&f->scratch);
}

static void decide(struct fixture *f, size_t i, enum verdict_result result, enum stage stage,
                   enum err_kind kind, int code)
{
    struct verdict *v = &f->submitted.delivery.verdicts[i];
    v->result = result;
    v->stage = stage;
    err_set(&v->err, kind, "because");
    v->err.code = code;
}

/* The one message that was kept. */
static void open_kept(struct fixture *f, struct spool *spool, enum folder folder, struct item *item)
{
    ERR e = { 0 };
    assert_int_equal(spool_open(f->scratch.path, false, spool, &e), 1);
    assert_int_equal(item_open(spool, folder, &f->submitted.id, false, item, &e), ITEM_OPEN);
    assert_int_equal(item_check(item, &e), 0);
}

static void test_who_is_kept(void **state)
{
    (void)state;
    struct fixture f;
    struct spool spool;
    struct item item;
    set_up(&f, 4);
    decide(&f, 0, VERDICT_SENT, STAGE_END, ERR_NONE, 250);
    decide(&f, 1, VERDICT_FAILED, STAGE_RCPT, ERR_REPLY, 450);
    decide(&f, 2, VERDICT_REFUSED, STAGE_RCPT, ERR_REPLY, 550);
    decide(&f, 3, VERDICT_FAILED, STAGE_RCPT, ERR_PROTOCOL, 0);
    submit_keep(&f.request, &f.submitted);
    const struct verdict *v = f.submitted.delivery.verdicts;
    assert_int_equal(v[0].result, VERDICT_SENT);
    assert_int_equal(v[1].result, VERDICT_QUEUED);
    assert_int_equal(v[2].result, VERDICT_REFUSED);
    assert_int_equal(v[3].result, VERDICT_FAILED);
    open_kept(&f, &spool, FOLDER_DEFER, &item);
    assert_int_equal(item.entry.envelope.n_rcpts, 1);
    assert_string_equal(item.entry.envelope.rcpts[0].wire, "b@example.com");
    struct last_reply reply;
    item_replies(&item, &reply);
    assert_int_equal(reply.code, 450);
    assert_string_equal(reply.text, "because");
    item_close(&item);
    spool_close(&spool);
    tear_down(&f);
}

/* Trouble of the account leaves the message as new as it was; a link that died after the end of
 * data makes it wait half an hour at least. */
static void test_when_it_is_tried_again(void **state)
{
    static const struct {
        enum verdict_result result;
        enum stage stage;
        enum err_kind kind;
        int code;
        unsigned attempts, ambiguous;
        int64_t least, most;
    } rows[] = {
        { VERDICT_FAILED, STAGE_CONNECT, ERR_CONNECT, 0, 0, 0, 0, 0 },
        { VERDICT_FAILED, STAGE_AUTH, ERR_REPLY, 454, 0, 0, 0, 0 },
        { VERDICT_FAILED, STAGE_RCPT, ERR_REPLY, 450, 1, 0, 50, 70 },
        { VERDICT_AMBIGUOUS, STAGE_END, ERR_AMBIGUOUS, 0, 1, 1, 1790, 1810 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct spool spool;
        struct item item;
        set_up(&f, 1);
        decide(&f, 0, rows[i].result, rows[i].stage, rows[i].kind, rows[i].code);
        int64_t now = time(NULL);
        submit_keep(&f.request, &f.submitted);
        open_kept(&f, &spool, FOLDER_DEFER, &item);
        const struct state *s = &item.entry.state;
        assert_int_equal(s->attempts, rows[i].attempts);
        assert_int_equal(s->ambiguous, rows[i].ambiguous);
        int64_t pause = s->next_s ? s->next_s - now : 0;
        assert_true(pause >= rows[i].least && pause <= rows[i].most);
        item_close(&item);
        spool_close(&spool);
        tear_down(&f);
    }
}

static void test_queue_mode(void **state)
{
    (void)state;
    struct fixture f;
    struct spool spool;
    struct item item;
    set_up(&f, 2);
    submitted_done(&f.submitted);
    f.request.mode = QUEUE_MODE_QUEUE;
    submit(&f.request, &f.submitted);
    open_kept(&f, &spool, FOLDER_NEW, &item);
    assert_int_equal(item.entry.envelope.n_rcpts, 2);
    assert_int_equal(item.entry.state.attempts, 0);
    item_close(&item);
    spool_close(&spool);
    tear_down(&f);
}

static void test_what_cannot_be_kept(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 2);
    f.request.spool = NULL;
    f.request.no_spool = "nowhere to keep it";
    decide(&f, 0, VERDICT_FAILED, STAGE_RCPT, ERR_REPLY, 450);
    submit_keep(&f.request, &f.submitted);
    const struct verdict *v = f.submitted.delivery.verdicts;
    assert_int_equal(v[0].result, VERDICT_FAILED);
    assert_string_equal(v[0].err.text, "because");
    assert_int_equal(v[1].result, VERDICT_FAILED);
    assert_string_equal(v[1].err.text, "nowhere to keep it");
    assert_int_equal(f.submitted.problem.kind, ERR_TEMPORARY);
    assert_string_equal(f.submitted.id.text, "");
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_kept),
        cmocka_unit_test(test_when_it_is_tried_again),
        cmocka_unit_test(test_queue_mode),
        cmocka_unit_test(test_what_cannot_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
