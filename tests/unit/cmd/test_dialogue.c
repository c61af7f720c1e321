/* A dialogue over memory: what its owner is asked, and what the other side hears. */
#include "cmd/dialogue.h"

#include "serve_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TO_BOB "MAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.net>\r\n"
#define TEXT   "Subject: x\r\n\r\nHello\r\n"

struct talk {
    struct dialogue dialogue; /* first: the owner is found by it */
    struct serve_place place;
    struct ident ident;
    struct span input;
    size_t step;     /* octets that come at once */
    struct buf said; /* to the other side */
    struct buf told; /* what the owner was asked */
    bool broken;     /* nothing can be said any more */
    int said_times, gone_after;
};

static struct talk *owner(struct dialogue *d)
{
    return (struct talk *)d;
}

static int take_mail(struct dialogue *d, struct err *e)
{
    buf_addf(&owner(d)->told, "mail %s;", d->submission.envelope.sender);
    if (strcmp(d->submission.envelope.sender, "eve@example.org") == 0)
        return answer_refuse(550, "5.7.1", "Not you", e);
    return 0;
}

static int take_rcpt(struct dialogue *d, struct err *e)
{
    const struct envelope *envelope = &d->submission.envelope;
    delivery_grow(&d->submitted.delivery, envelope->n_rcpts);
    const char *last = envelope->rcpts[envelope->n_rcpts - 1].wire;
    buf_addf(&owner(d)->told, "rcpt %s;", last);
    return strncmp(last, "bad", 3) ? 0 : answer_refuse(550, "5.1.1", "No such user", e);
}

static void take_end(struct dialogue *d)
{
    struct delivery *delivery = &d->submitted.delivery;
    size_t answers = d->server.answers;
    buf_addf(&owner(d)->told, "end %zu;", delivery->n);
    for (size_t i = 0; i < delivery->n; i++)
        delivery->verdicts[i].result = VERDICT_SENT;
    for (size_t i = 0; i < answers; i++) {
        struct answer a = { .code = 250 };
        buf_addf(&a.words, "taken %zu", i);
        dialogue_give(d, &a);
    }
}

static void forget(struct dialogue *d)
{
    buf_add_string(&owner(d)->told, "forget;");
}

static ssize_t give_input(struct dialogue *d, char *room, size_t len, struct err *e)
{
    struct talk *t = owner(d);
    size_t n = t->input.len < t->step ? t->input.len : t->step;
    if (!n && server_in_message(&d->server))
        return err_set(e, ERR_INPUT, "the end");
    n = n < len ? n : len;
    memcpy(room, t->input.at, n);
    t->input = span_from(t->input, n);
    return (ssize_t)n;
}

static int hear(struct dialogue *d, struct span octets, struct err *e)
{
    struct talk *t = owner(d);
    if (t->broken || (t->gone_after && t->said_times == t->gone_after))
        return err_set(e, ERR_CLOSED, "gone");
    t->said_times++;
    buf_add_span(&t->said, octets);
    return 0;
}

static const struct dialogue_ops ops = {
    .mail = take_mail,
    .rcpt = take_rcpt,
    .end = take_end,
    .forget = forget,
    .read = give_input,
    .write = hear,
};

static void set_up(struct talk *t, const char *input, size_t step)
{
    *t = (struct talk){ .input = span_of(input), .step = step };
    serve_place_open(&t->place, "");
    ident_of(&t->place.scratch.arena, 4711, &t->ident);
    submission_adopt(&t->dialogue.submission, &t->place.options, &t->ident, &t->place.serve.config);
    t->dialogue.ops = &ops;
    t->dialogue.host = "host";
    t->dialogue.max_size = 1000;
}

static void tear_down(struct talk *t)
{
    dialogue_done(&t->dialogue);
    buf_done(&t->said);
    buf_done(&t->told);
    serve_place_close(&t->place);
}

static const struct row {
    const char *what, *input;
    int done;
    const char *told;
    const char *last; /* of what is said */
} rows[] = {
    { "a message", "LHLO c\r\n" TO_BOB "DATA\r\n" TEXT ".\r\nQUIT\r\n", 0,
      "mail ann@example.org;rcpt bob@example.net;end 1;forget;", "221 2.0.0 Bye\r\n" },
    { "two", "LHLO c\r\n" TO_BOB "BDAT 21 LAST\r\n" TEXT TO_BOB "BDAT 21 LAST\r\n" TEXT, 0,
      "mail ann@example.org;rcpt bob@example.net;end 1;forget;"
      "mail ann@example.org;rcpt bob@example.net;end 1;forget;",
      "250 2.0.0 taken 0\r\n" },
    { "reset", "LHLO c\r\n" TO_BOB "RSET\r\n", 0,
      "mail ann@example.org;rcpt bob@example.net;forget;", "250 2.0.0 Forgotten\r\n" },
    { "not this sender", "LHLO c\r\nMAIL FROM:<eve@example.org>\r\n", 0,
      "mail eve@example.org;forget;", "550 5.7.1 Not you\r\n" },
    { "not this one", "LHLO c\r\n" TO_BOB "RCPT TO:<bad@example.net>\r\nDATA\r\n" TEXT ".\r\n", 0,
      "mail ann@example.org;rcpt bob@example.net;rcpt bad@example.net;end 2;forget;",
      "250 2.0.0 taken 0\r\n" },
    { "no address", "LHLO c\r\nMAIL FROM:<ann@>\r\n", 0, "forget;", NULL },
    { "half", "LHLO c\r\n" TO_BOB "DATA\r\nSubject: x\r\n", -1,
      "mail ann@example.org;rcpt bob@example.net;", NULL },
    { "half a chunk", "LHLO c\r\n" TO_BOB "BDAT 99 LAST\r\nSubject: x\r\n", -1,
      "mail ann@example.org;rcpt bob@example.net;", NULL },
    { "only begun", "LHLO c\r\n" TO_BOB, 0, "mail ann@example.org;rcpt bob@example.net;",
      "250 2.0.0 OK\r\n" },
    { "no words", "", 0, "", "220 host LMTP\r\n" },
};

/* However it comes. */
static void test_rows(void **state)
{
    static const size_t steps[] = { 1, 7, SIZE_MAX };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            struct talk t;
            ERR e = { 0 };
            set_up(&t, rows[i].input, steps[k]);
            int done = dialogue_run(&t.dialogue, true, &e);
            const char *said = buf_string(&t.said);
            size_t len = rows[i].last ? strlen(rows[i].last) : 0;
            if (done != rows[i].done || strcmp(buf_string(&t.told), rows[i].told) != 0 ||
                t.said.len < len ||
                memcmp(said + t.said.len - len, rows[i].last ? rows[i].last : "", len) != 0)
                fail_msg("%s, %zu octets: %d %s\n%s", rows[i].what, steps[k], done,
                         buf_string(&t.told), said);
            tear_down(&t);
        }
}

/* Who has said QUIT, and is gone, has ended it as he should; one who had more to say has not. */
static void test_gone_in_order(void **state)
{
    static const struct {
        const char *input;
        int done;
    } cases[] = { { "QUIT\r\n", 0 }, { "NOOP\r\nQUIT\r\n", -1 }, { "NOOP\r\n", -1 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct talk t;
        ERR e = { 0 };
        set_up(&t, cases[i].input, 6);
        t.gone_after = 1; /* he has read the greeting */
        assert_int_equal(dialogue_run(&t.dialogue, true, &e), cases[i].done);
        tear_down(&t);
    }
}

/* The replies to what came together go together; those to a message's beginning do not wait for
 * its end. */
static void test_together(void **state)
{
    struct talk t;
    ERR e = { 0 };
    (void)state;
    set_up(&t, "LHLO c\r\n" TO_BOB "RCPT TO:<b@example.net>\r\nDATA\r\n" TEXT ".\r\nQUIT\r\n",
           SIZE_MAX);
    assert_int_equal(dialogue_run(&t.dialogue, true, &e), 0);
    assert_int_equal(t.said_times, 4); /* greeting, LHLO, envelope, the rest */
    tear_down(&t);
}

/* Too much is refused at its end, and the next message is taken. */
static void test_size(void **state)
{
    struct talk t;
    ERR e = { 0 };
    BUF input = { 0 };
    (void)state;
    buf_add_string(&input, "LHLO c\r\n" TO_BOB "DATA\r\nSubject: x\r\n\r\n");
    for (int i = 0; i < 100; i++)
        buf_add_string(&input, "A line of the message.\r\n");
    buf_add_string(&input, ".\r\n" TO_BOB "DATA\r\n" TEXT ".\r\n");
    set_up(&t, buf_string(&input), 100);
    assert_int_equal(dialogue_run(&t.dialogue, true, &e), 0);
    assert_non_null(strstr(buf_string(&t.said), "552 5.3.4 The message is too large\r\n"));
    assert_non_null(strstr(buf_string(&t.said), "250 2.0.0 taken 0\r\n"));
    assert_string_equal(buf_string(&t.told),
                        "mail ann@example.org;rcpt bob@example.net;forget;"
                        "mail ann@example.org;rcpt bob@example.net;end 1;forget;");
    tear_down(&t);
}

static void test_unfit(void **state)
{
    struct talk t;
    ERR e = { 0 };
    ERR why = { 0 };
    (void)state;
    err_set(&why, ERR_CONFIG, "no account");
    set_up(&t, "LHLO c\r\n" TO_BOB, SIZE_MAX);
    t.dialogue.unfit = &why;
    assert_int_equal(dialogue_run(&t.dialogue, true, &e), 0);
    assert_non_null(strstr(buf_string(&t.said), "451 4.3.5 no account\r\n"));
    assert_null(strstr(buf_string(&t.told), "mail"));
    tear_down(&t);
}

/* Nobody hears: it ends, and what was under way is only begun. */
static void test_gone(void **state)
{
    struct talk t;
    ERR e = { 0 };
    (void)state;
    set_up(&t, "LHLO c\r\n" TO_BOB "DATA\r\n" TEXT ".\r\n", SIZE_MAX);
    t.broken = true;
    assert_int_equal(dialogue_run(&t.dialogue, true, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    assert_null(strstr(buf_string(&t.told), "end"));
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_gone_in_order),
        cmocka_unit_test(test_together), cmocka_unit_test(test_size),
        cmocka_unit_test(test_unfit),    cmocka_unit_test(test_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
