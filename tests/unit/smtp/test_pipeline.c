/* Several messages on one connection: what leaves before which reply, which verdict is whose, and
 * what is left when the connection fails in the middle. */
#include "smtp/pipeline.h"

#include "memory_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MESSAGES = 3, RECIPIENTS = 2 };

struct letter {
    struct rcpt rcpts[RECIPIENTS];
    struct envelope envelope;
    struct verdict verdicts[RECIPIENTS];
    struct transfer transfer;
};

struct fixture {
    struct memory_client memory;
    struct stored stored;
    struct pipeline pipeline;
    struct letter messages[MESSAGES];
};

static void set_up(struct fixture *f, const char *script, const char *caps)
{
    ERR e = { 0 };
    *f = (struct fixture){ 0 };
    memory_client_open(&f->memory, script, caps);
    f->memory.client.bdat_known = true;
    buf_add_string(&f->stored.header, "Subject: x\r\n\r\n");
    assert_int_equal(body_add(&f->stored.body, SPAN("b\r\n"), &e), 0);
    pipeline_begin(&f->pipeline, &f->memory.client);
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < MESSAGES; i++)
        for (size_t j = 0; j < RECIPIENTS; j++)
            verdict_done(&f->messages[i].verdicts[j]);
    stored_done(&f->stored);
    memory_client_close(&f->memory);
}

/* Of so many recipients: a@b, or that and c@d. */
static struct envelope *address(struct letter *m, size_t n)
{
    static const char *const names[] = { "a@b", "c@d" };
    m->envelope = (struct envelope){ .sender = "s@t", .rcpts = m->rcpts, .n_rcpts = n };
    for (size_t i = 0; i < n; i++)
        m->rcpts[i] = (struct rcpt){ .wire = names[i], .original = names[i] };
    return &m->envelope;
}

static bool has_begun(const struct fixture *f, size_t i)
{
    return i < MESSAGES && f->messages[i].envelope.n_rcpts;
}

/* Each word of `shape` is a message, of so many recipients. A word of its verdicts comes back for
 * each, in the order in which they are over. */
static void play(struct fixture *f, const char *shape, struct buf *verdicts)
{
    size_t begun = 0, over = 0, all = strlen(shape);
    while (over < all) {
        struct letter *oldest = &f->messages[over];
        if (begun < all && !f->pipeline.sending &&
            pipeline_takes(&f->pipeline, address(&f->messages[begun], (size_t)(shape[begun] - '0')),
                           &f->stored)) {
            struct letter *m = &f->messages[begun++];
            pipeline_send(&f->pipeline, &m->transfer, &m->envelope, &f->stored, m->verdicts);
        } else if (!has_begun(f, over) || over == begun) {
            break;
        } else if (!transfer_is_over(&oldest->transfer)) {
            pipeline_wait(&f->pipeline);
        } else {
            for (size_t j = 0; j < oldest->envelope.n_rcpts; j++)
                buf_add_char(verdicts, *verdict_name(oldest->verdicts[j].result));
            buf_add_char(verdicts, ' ');
            pipeline_end(&f->pipeline, &oldest->transfer);
            over++;
        }
    }
}

#define MAIL  "MAIL FROM:<s@t>\r\n"
#define A     "RCPT TO:<a@b>\r\n"
#define C     "RCPT TO:<c@d>\r\n"
#define DATA  "DATA\r\n"
#define TEXT  "Subject: x\r\n\r\nb\r\n"
#define DOT   ".\r\n"
#define BDAT  "BDAT 17 LAST\r\n" TEXT
#define RSET  "RSET\r\n"
#define OK    "250 ok\n"
#define ONE   OK OK OK         /* a message by BDAT */
#define GO    OK OK "354 go\n" /* up to the content by DATA */
#define BDATS "x\nPIPELINING\nCHUNKING"
#define DATAS "x\nPIPELINING"

static const struct row {
    const char *name;
    const char *caps;
    const char *shape;
    const char *script;
    const char *sent;
    const char *verdicts; /* s, r, f, a */
} rows[] = {
    { "by BDAT without waiting", BDATS, "111", ONE OK ONE OK ONE,
      MAIL A BDAT RSET MAIL A BDAT RSET MAIL A BDAT, "s s s " },
    { "by DATA, the next behind the end of data", DATAS, "11", GO OK GO OK,
      MAIL A DATA TEXT DOT MAIL A DATA TEXT DOT, "s s " },
    { "several recipients are waited for", BDATS, "21", OK OK OK OK OK ONE,
      MAIL A C BDAT RSET MAIL A BDAT, "ss s " },
    { "no PIPELINING: none", "x\nCHUNKING", "1", "", "", "" },
    { "a chunk refused", BDATS, "11", OK OK "554 no\n" OK ONE, MAIL A BDAT RSET MAIL A BDAT,
      "r s " },
    { "MAIL refused", BDATS, "11", "451 no\n503 no\n503 no\n" OK ONE, MAIL A BDAT RSET MAIL A BDAT,
      "f s " },
    { "RCPT refused by DATA", DATAS, "11", OK "550 no\n554 no\n" OK GO OK,
      MAIL A DATA RSET MAIL A DATA TEXT DOT, "r s " },
    { "the end refused by DATA", DATAS, "11", GO "554 no\n" GO OK,
      MAIL A DATA TEXT DOT MAIL A DATA TEXT DOT, "r s " },
    { "the rest of too many goes first", BDATS, "21", OK OK "452 4.5.3 many\n" OK ONE OK ONE,
      MAIL A C BDAT MAIL C BDAT RSET MAIL A BDAT, "ss s " },
    { "lost with three on the wire", BDATS, "111", ONE OK OK,
      MAIL A BDAT RSET MAIL A BDAT RSET MAIL A BDAT, "s a a " },
    { "lost before the second has left", DATAS, "11", GO OK OK, MAIL A DATA TEXT DOT MAIL A DATA,
      "s f " },
    { "421 leaves nothing open", BDATS, "111", ONE OK "421 bye\n",
      MAIL A BDAT RSET MAIL A BDAT RSET MAIL A BDAT, "s f f " },
    { "421 to an end of data", BDATS, "11", OK OK "421 bye\n", MAIL A BDAT RSET MAIL A BDAT,
      "f f " },
    { "nonsense in the middle", BDATS, "11", ONE "999 what\n", MAIL A BDAT RSET MAIL A BDAT,
      "s a " },
    { "as many as the server takes", "x\nPIPELINING\nCHUNKING\nLIMITS MAILMAX=1", "11", ONE,
      MAIL A BDAT, "s " },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        BUF verdicts = { 0 };
        set_up(&f, rows[i].script, rows[i].caps);
        play(&f, rows[i].shape, &verdicts);
        if (strcmp(buf_string(&verdicts), rows[i].verdicts))
            print_error("%s\n", rows[i].name);
        assert_string_equal(buf_string(&verdicts), rows[i].verdicts);
        assert_string_equal(buf_string(&f.memory.sent), rows[i].sent);
        tear_down(&f);
    }
}

/* Nobody else is waited for while something is to be sent, or nothing to come. */
static void test_listen(void **state)
{
    (void)state;
    struct fixture f;
    int ready[2];
    set_up(&f, GO OK, DATAS);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(write(ready[1], "x", 1), 1);
    struct letter *m = &f.messages[0];
    assert_false(pipeline_listen(&f.pipeline, ready[0]));
    pipeline_send(&f.pipeline, &m->transfer, address(m, 1), &f.stored, m->verdicts);
    while (!transfer_is_over(&m->transfer)) {
        assert_false(pipeline_listen(&f.pipeline, ready[0]));
        pipeline_wait(&f.pipeline);
    }
    pipeline_end(&f.pipeline, &m->transfer);
    close(ready[0]);
    close(ready[1]);
    tear_down(&f);
}

/* What the last one has left open is ended before the next message. */
static void test_left_open(void **state)
{
    (void)state;
    struct fixture f;
    BUF verdicts = { 0 };
    set_up(&f, OK OK "554 no\n" OK ONE, BDATS);
    play(&f, "1", &verdicts);
    assert_true(f.memory.client.unclean);
    verdict_done(&f.messages[0].verdicts[0]);
    memset(f.messages[0].verdicts, 0, sizeof f.messages[0].verdicts);
    play(&f, "1", &verdicts);
    assert_false(f.memory.client.unclean);
    assert_string_equal(buf_string(&verdicts), "r s ");
    assert_string_equal(buf_string(&f.memory.sent), MAIL A BDAT RSET MAIL A BDAT);
    tear_down(&f);
}

/* A file that cannot be marked ends its message, and the connection; those before it have been
 * accepted all the same. */
static void test_intent_fails(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, ONE, BDATS);
    struct letter *first = &f.messages[0], *second = &f.messages[1];
    pipeline_send(&f.pipeline, &first->transfer, address(first, 1), &f.stored, first->verdicts);
    f.memory.client.intent = (struct intent){ .fd = -1, .mark = '!' };
    pipeline_send(&f.pipeline, &second->transfer, address(second, 1), &f.stored, second->verdicts);
    assert_true(transfer_is_over(&first->transfer) && transfer_is_over(&second->transfer));
    assert_int_equal(first->verdicts[0].result, VERDICT_SENT);
    assert_int_equal(second->verdicts[0].result, VERDICT_FAILED);
    assert_int_equal(second->verdicts[0].err.kind, ERR_IO);
    assert_true(f.memory.client.broken);
    assert_null(strstr(buf_string(&f.memory.sent) + strlen(MAIL A BDAT RSET), TEXT));
    pipeline_end(&f.pipeline, &first->transfer);
    pipeline_end(&f.pipeline, &second->transfer);
    tear_down(&f);
}

/* A message in a file that is shorter than it should be. */
static void tear(struct stored *torn)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    buf_add_string(&torn->header, "Subject: x\r\n\r\n");
    body_of_file(&torn->body, dup(fileno(file)), 0, 1000);
    fclose(file);
}

/* So does one that cannot be read. */
static void test_content_fails(void **state)
{
    (void)state;
    struct fixture f;
    struct stored torn = { 0 };
    set_up(&f, ONE, BDATS);
    tear(&torn);
    struct letter *first = &f.messages[0], *second = &f.messages[1];
    pipeline_send(&f.pipeline, &first->transfer, address(first, 1), &f.stored, first->verdicts);
    pipeline_send(&f.pipeline, &second->transfer, address(second, 1), &torn, second->verdicts);
    assert_int_equal(first->verdicts[0].result, VERDICT_SENT);
    assert_int_equal(second->verdicts[0].result, VERDICT_FAILED);
    assert_true(f.memory.client.broken);
    pipeline_end(&f.pipeline, &first->transfer);
    pipeline_end(&f.pipeline, &second->transfer);
    stored_done(&torn);
    tear_down(&f);
}

/* One that cannot even be begun is over; the connection goes on without the one before it. */
static void test_cannot_begin(void **state)
{
    (void)state;
    struct fixture f;
    struct stored torn = { .eight_bit = true, .qp_allowed = true };
    set_up(&f, ONE OK ONE, BDATS);
    tear(&torn);
    struct letter *first = &f.messages[0], *second = &f.messages[1], *third = &f.messages[2];
    struct transfer *going = mem_new(1, sizeof *going);
    pipeline_send(&f.pipeline, going, address(first, 1), &f.stored, first->verdicts);
    pipeline_send(&f.pipeline, &second->transfer, address(second, 1), &torn, second->verdicts);
    assert_true(transfer_is_over(&second->transfer));
    while (!transfer_is_over(going))
        pipeline_wait(&f.pipeline);
    pipeline_end(&f.pipeline, going);
    assert_null(f.pipeline.session.txn);
    memset(going, 0xAA, sizeof *going);
    free(going);
    pipeline_send(&f.pipeline, &third->transfer, address(third, 1), &f.stored, third->verdicts);
    pipeline_end(&f.pipeline, &second->transfer);
    while (!transfer_is_over(&third->transfer))
        pipeline_wait(&f.pipeline);
    pipeline_end(&f.pipeline, &third->transfer);
    assert_int_equal(first->verdicts[0].result, VERDICT_SENT);
    assert_int_equal(second->verdicts[0].result, VERDICT_FAILED);
    assert_int_equal(third->verdicts[0].result, VERDICT_SENT);
    stored_done(&torn);
    tear_down(&f);
}

/* No more than so many octets at a time, and none that is too large for that. */
static void test_octets(void **state)
{
    (void)state;
    struct fixture f;
    ERR e = { 0 };
    BUF line = { 0 };
    set_up(&f, "", BDATS);
    for (size_t i = 0; i < 78; i++)
        buf_add_char(&line, 'y');
    buf_add_string(&line, "\r\n");
    struct envelope *envelope = address(&f.messages[0], 1);
    while (stored_size(&f.stored) + line.len <= PIPELINE_OCTETS) {
        assert_true(pipeline_takes(&f.pipeline, envelope, &f.stored));
        assert_int_equal(body_add(&f.stored.body, buf_span(&line), &e), 0);
    }
    assert_true(pipeline_takes(&f.pipeline, envelope, &f.stored));
    f.pipeline.octets = PIPELINE_OCTETS - stored_size(&f.stored) + 1;
    assert_false(pipeline_takes(&f.pipeline, envelope, &f.stored));
    f.pipeline.octets = 0;
    f.pipeline.n = PIPELINE_MESSAGES;
    assert_false(pipeline_takes(&f.pipeline, envelope, &f.stored));
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_left_open),
        cmocka_unit_test(test_listen),        cmocka_unit_test(test_intent_fails),
        cmocka_unit_test(test_content_fails), cmocka_unit_test(test_cannot_begin),
        cmocka_unit_test(test_octets),
    };
    return cmocka_run_group_tests_name("smtp/pipeline", tests, NULL, NULL);
}
