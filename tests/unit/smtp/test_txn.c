#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PIPE   "PIPELINING\nSIZE 1000\n8BITMIME"
#define CHUNKS "PIPELINING\nCHUNKING"
#define MAIL   "MAIL FROM:<me@example.org>\r\n"

/* One row: the server's replies, what we sent, and each recipient's verdict as "result@stage",
 * with the reply code where there was one. */
struct row {
    const char *name;
    const char *caps;
    const char *rcpts[4];
    const char *replies;
    const char *sent;
    const char *verdicts;
};

static const struct row rows[] = {
    { "one recipient, no pipelining",
      "",
      { "a@x" },
      "250 ok\n250 ok\n354 go\n250 done\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
      "sent@end of data 250" },
    { "one flight, QUIT rides along",
      "PIPELINING",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n251 fwd\n354 go\n250 done\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nRCPT "
      "TO:<b@x>\r\nDATA\r\n||||<content>QUIT\r\n|",
      "sent@end of data 250, sent@end of data 250" },
    { "SIZE is told",
      PIPE,
      { "a@x" },
      "250 ok\n250 ok\n354 go\n250 done\n",
      "MAIL FROM:<me@example.org> SIZE=99\r\nRCPT TO:<a@x>\r\nDATA\r\n|||<content>QUIT\r\n|",
      "sent@end of data 250" },
    { "one of two refused",
      "PIPELINING",
      { "a@x", "b@x" },
      "250 ok\n550 5.1.1 no\n250 ok\n354 go\n250 done\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nRCPT "
      "TO:<b@x>\r\nDATA\r\n||||<content>QUIT\r\n|",
      "refused@RCPT 550, sent@end of data 250" },
    { "all refused, no pipelining",
      "",
      { "a@x", "b@x" },
      "250 ok\n550 no\n450 later\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|RCPT TO:<b@x>\r\n|",
      "refused@RCPT 550, failed@RCPT 450" },
    { "all refused, pipelining, DATA refused too",
      "PIPELINING",
      { "a@x" },
      "250 ok\n550 no\n554 no valid recipients\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||",
      "refused@RCPT 550" },
    { "354 after all were refused: a lone dot that does not count",
      "PIPELINING",
      { "a@x" },
      "250 ok\n550 no\n354 go\n250 accepted\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||<dot>QUIT\r\n|",
      "refused@RCPT 550" },
    { "MAIL refused",
      "",
      { "a@x", "b@x" },
      "550 5.7.1 not you\n",
      "MAIL FROM:<me@example.org>\r\n|",
      "refused@MAIL 550, refused@MAIL 550" },
    { "MAIL refused, pipelining",
      "PIPELINING",
      { "a@x" },
      "451 later\n503 no\n503 no\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||",
      "failed@MAIL 451" },
    { "MAIL refused, 354 all the same",
      "PIPELINING",
      { "a@x" },
      "550 no\n250 ok\n354 go\n250 x\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||<dot>QUIT\r\n|",
      "refused@MAIL 550" },
    { "DATA refused",
      "",
      { "a@x" },
      "250 ok\n250 ok\n451 no\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|",
      "failed@DATA 451" },
    { "end of data refused",
      "PIPELINING",
      { "a@x" },
      "250 ok\n250 ok\n354 go\n554 5.6.0 spam\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||<content>QUIT\r\n|",
      "refused@end of data 554" },
    { "lost before the end of data",
      "",
      { "a@x" },
      "250 ok\n250 ok\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|",
      "failed@DATA 0" },
    { "lost after the end of data",
      "",
      { "a@x" },
      "250 ok\n250 ok\n354 go\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
      "ambiguous@end of data 0" },
    { "nonsense after the end of data",
      "",
      { "a@x" },
      "250 ok\n250 ok\n354 go\nwhat?\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
      "ambiguous@end of data 0" },
    { "3yz after the end of data",
      "",
      { "a@x" },
      "250 ok\n250 ok\n354 go\n354 go on\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
      "ambiguous@end of data 0" },
    { "250 to DATA",
      "",
      { "a@x" },
      "250 ok\n250 ok\n250 ok\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|",
      "failed@DATA 0" },
    { "421 decides all",
      "PIPELINING",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n421 bye\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n|||",
      "failed@RCPT 421, failed@RCPT 421" },
    { "too many recipients: the rest go next",
      "PIPELINING",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n452 4.5.3 many\n354 go\n250 1\n250 ok\n250 ok\n354 go\n250 2\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n||||<content>|"
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<b@x>\r\nDATA\r\n|||<content>QUIT\r\n|",
      "sent@end of data 250, sent@end of data 250" },
    { "452 for the only one is a failure",
      "PIPELINING",
      { "a@x" },
      "250 ok\n452 many\n503 no\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n|||",
      "failed@RCPT 452" },
    { "452 mailbox full is a failure",
      "",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n452 4.2.2 full\n354 go\n250 1\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|RCPT TO:<b@x>\r\n|DATA\r\n|<content>|",
      "sent@end of data 250, failed@RCPT 452" },
    { "LIMITS RCPTMAX",
      "LIMITS RCPTMAX=1",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n354 go\n250 1\n250 ok\n250 ok\n354 go\n250 2\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|"
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<b@x>\r\n|DATA\r\n|<content>|",
      "sent@end of data 250, sent@end of data 250" },
    { "RSET between when the first failed",
      "LIMITS RCPTMAX=1",
      { "a@x", "b@x" },
      "250 ok\n550 no\n250 reset\n250 ok\n250 ok\n354 go\n250 2\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|RSET\r\n|MAIL FROM:<me@example.org>\r\n|"
      "RCPT TO:<b@x>\r\n|DATA\r\n|<content>|",
      "refused@RCPT 550, sent@end of data 250" },
    { "an address that could inject",
      "",
      { "a@x>\r\nRCPT TO:<b@x" },
      "250 ok\n",
      "MAIL FROM:<me@example.org>\r\n|",
      "refused@RCPT 0" },
    { "non-ASCII local part without SMTPUTF8",
      "",
      { "\xc3\xa9@x", "b@x" },
      "250 ok\n250 ok\n354 go\n250 1\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<b@x>\r\n|DATA\r\n|<content>|",
      "refused@RCPT 0, sent@end of data 250" },
    { "non-ASCII local part with it",
      "SMTPUTF8",
      { "\xc3\xa9@x" },
      "250 ok\n250 ok\n354 go\n250 1\n",
      "MAIL FROM:<me@example.org> SMTPUTF8\r\n|RCPT TO:<\xc3\xa9@x>\r\n|DATA\r\n|<content>|",
      "sent@end of data 250" },
    { "larger than SIZE", "SIZE 10", { "a@x" }, "", "", "refused@MAIL 0" },
    { "LIMITS RCPTDOMAINMAX",
      "PIPELINING\nLIMITS RCPTDOMAINMAX=1",
      { "a@x", "b@y", "c@X" },
      "250 ok\n250 ok\n250 ok\n354 go\n250 1\n250 ok\n250 ok\n354 go\n250 2\n",
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nRCPT TO:<c@X>\r\nDATA\r\n||||<content>|"
      "MAIL FROM:<me@example.org>\r\nRCPT TO:<b@y>\r\nDATA\r\n|||<content>QUIT\r\n|",
      "sent@end of data 250, sent@end of data 250, sent@end of data 250" },
    { "LIMITS MAILMAX: who is left waits for another connection",
      "LIMITS RCPTMAX=1 MAILMAX=1",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n354 go\n250 1\n",
      "MAIL FROM:<me@example.org>\r\n|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
      "sent@end of data 250, rest" },
    { "BDAT in one flight, QUIT rides along",
      CHUNKS,
      { "a@x" },
      "250 ok\n250 ok\n250 done\n",
      MAIL "RCPT TO:<a@x>\r\n<content>QUIT\r\n|||",
      "sent@end of data 250" },
    { "BDAT for two: one may be too many, so no QUIT yet",
      CHUNKS,
      { "a@x", "b@x" },
      "250 ok\n250 ok\n452 4.5.3 many\n250 1\n250 ok\n250 ok\n250 2\n",
      MAIL "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n<content>||||" MAIL
           "RCPT TO:<b@x>\r\n<content>QUIT\r\n|||",
      "sent@end of data 250, sent@end of data 250" },
    { "BDAT without pipelining",
      "CHUNKING",
      { "a@x" },
      "250 ok\n250 ok\n250 done\n",
      MAIL "|RCPT TO:<a@x>\r\n|<content>|",
      "sent@end of data 250" },
    { "BDAT to nobody is not sent where that is known",
      "CHUNKING",
      { "a@x" },
      "250 ok\n550 no\n",
      MAIL "|RCPT TO:<a@x>\r\n|",
      "refused@RCPT 550" },
    { "BDAT to nobody: its reply counts for nothing",
      CHUNKS,
      { "a@x" },
      "250 ok\n550 no\n503 no recipients\n",
      MAIL "RCPT TO:<a@x>\r\n<content>QUIT\r\n|||",
      "refused@RCPT 550" },
    { "BDAT to nobody: not if it says 250 either",
      CHUNKS,
      { "a@x" },
      "550 no\n550 no\n250 ok\n",
      MAIL "RCPT TO:<a@x>\r\n<content>QUIT\r\n|||",
      "refused@MAIL 550" },
    { "BDAT refused, then RSET",
      CHUNKS "\nLIMITS RCPTMAX=1",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n554 spam\n250 reset\n250 ok\n250 ok\n250 2\n",
      MAIL "RCPT TO:<a@x>\r\n<content>|||RSET\r\n" MAIL "RCPT TO:<b@x>\r\n<content>QUIT\r\n||||",
      "refused@end of data 554, sent@end of data 250" },
    { "BDAT is not known: nobody has a verdict",
      CHUNKS,
      { "a@x", "b@x", "c@x" },
      "250 ok\n250 ok\n550 no\n250 ok\n500 what?\n",
      MAIL "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n<content>|||||",
      "rest, refused@RCPT 550, rest" },
    { "BDAT is known, then 500 is a verdict",
      CHUNKS "\nLIMITS RCPTMAX=1",
      { "a@x", "b@x" },
      "250 ok\n250 ok\n250 1\n250 ok\n250 ok\n500 no\n",
      MAIL "RCPT TO:<a@x>\r\n<content>|||" MAIL "RCPT TO:<b@x>\r\n<content>QUIT\r\n|||",
      "sent@end of data 250, refused@end of data 500" },
    { "one flight, lost before any reply: all may be there",
      CHUNKS,
      { "a@x", "b@x" },
      "",
      MAIL "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n<content>|",
      "ambiguous@end of data 0, ambiguous@end of data 0" },
    { "one flight, lost behind a refusal: that one is not there",
      CHUNKS,
      { "a@x", "b@x" },
      "250 ok\n550 no\n",
      MAIL "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n<content>|||",
      "refused@RCPT 550, ambiguous@end of data 0" },
    { "one flight, 421 before the end is no acceptance",
      CHUNKS,
      { "a@x" },
      "421 bye\n",
      MAIL "RCPT TO:<a@x>\r\n<content>QUIT\r\n|",
      "failed@MAIL 421" },
};

static void describe(const struct script *s, struct buf *to)
{
    for (size_t i = 0; i < s->envelope.n_rcpts; i++) {
        const struct verdict *v = &s->verdicts[i];
        if (v->result == VERDICT_PENDING && txn_has_rest(&s->txn)) {
            buf_addf(to, "%srest", i ? ", " : "");
            continue;
        }
        buf_addf(to, "%s%s@%s", i ? ", " : "", verdict_name(v->result), stage_name(v->stage));
        if (v->err.code || v->result != VERDICT_SENT)
            buf_addf(to, " %d", v->err.code);
    }
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct script_setup setup = { .caps = row->caps,
                                      .rcpts = row->rcpts,
                                      .message = { .size = 99 } };
        struct script s;
        BUF verdicts = { 0 };
        script_open(&s, &setup);
        (void)script_play(&s, row->replies);
        describe(&s, &verdicts);
        if (strcmp(buf_string(&s.sent), row->sent) || strcmp(buf_string(&verdicts), row->verdicts))
            print_error("row \"%s\"\n", row->name);
        assert_string_equal(buf_string(&s.sent), row->sent);
        assert_string_equal(buf_string(&verdicts), row->verdicts);
        script_close(&s);
    }
}

static void test_lmtp_one_reply_each(void **state)
{
    (void)state;
    const char *const rcpts[] = { "a@x", "b@x", "c@x", NULL };
    struct script_setup setup = { .caps = "PIPELINING", .rcpts = rcpts, .lmtp = true };
    struct script s;
    BUF verdicts = { 0 };
    script_open(&s, &setup);
    assert_int_equal(
        script_play(&s, "250 ok\n250 ok\n550 no\n250 ok\n354 go\n250 done\n452 4.2.2 full\n"), 0);
    describe(&s, &verdicts);
    assert_string_equal(buf_string(&verdicts), "sent@end of data 250, refused@RCPT 550, "
                                               "failed@end of data 452");
    script_close(&s);
}

/* A large message waits for the replies to RCPT; then 503 is not about them. */
static void test_large_waits(void **state)
{
    (void)state;
    const char *const rcpts[] = { "a@x", "b@x", NULL };
    struct script_setup setup = { .caps = CHUNKS,
                                  .rcpts = rcpts,
                                  .message = { .size = TXN_SMALL + 1 } };
    struct script s;
    script_open(&s, &setup);
    assert_int_equal(script_play(&s, "250 ok\n250 ok\n550 no\n250 done\n"), 0);
    assert_string_equal(buf_string(&s.sent),
                        MAIL "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n|||<content>QUIT\r\n|");
    assert_int_equal(s.verdicts[0].result, VERDICT_SENT);
    script_close(&s);
}

static void test_lmtp_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *replies;
        const char *verdicts;
    } cases[] = {
        { "250 ok\n250 ok\n550 no\n250 ok\n250 1\n452 2\n",
          "sent@end of data 250, refused@RCPT 550, failed@end of data 452" },
        { "250 ok\n250 ok\n550 no\n250 ok\n250 1\n",
          "sent@end of data 250, refused@RCPT 550, ambiguous@end of data 0" },
        { "250 ok\n550 no\n550 no\n550 no\n503 nobody\n",
          "refused@RCPT 550, refused@RCPT 550, refused@RCPT 550" },
    };
    const char *const rcpts[] = { "a@x", "b@x", "c@x", NULL };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script_setup setup = { .caps = CHUNKS, .rcpts = rcpts, .lmtp = true };
        struct script s;
        BUF verdicts = { 0 };
        script_open(&s, &setup);
        (void)script_play(&s, cases[i].replies);
        describe(&s, &verdicts);
        assert_string_equal(buf_string(&verdicts), cases[i].verdicts);
        script_close(&s);
    }
}

static void test_hundred_a_transaction(void **state)
{
    (void)state;
    const char *rcpts[151] = { 0 };
    struct script_setup setup = { .caps = "PIPELINING", .rcpts = rcpts };
    struct script s;
    BUF replies = { 0 };
    for (size_t i = 0; i < 150; i++)
        rcpts[i] = "a@x";
    for (size_t batch = 100; batch; batch = batch == 100 ? 50 : 0) {
        for (size_t i = 0; i < batch + 1; i++)
            buf_add_string(&replies, "250 ok\n");
        buf_add_string(&replies, "354 go\n250 done\n");
    }
    script_open(&s, &setup);
    assert_int_equal(script_play(&s, buf_string(&replies)), 0);
    for (size_t i = 0; i < 150; i++)
        assert_int_equal(s.verdicts[i].result, VERDICT_SENT);
    script_close(&s);
}

static void test_early_refusal_counts_early_acceptance_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum verdict_result result;
    } cases[] = { { "552 5.3.4 too big\n", VERDICT_REFUSED },
                  { "452 4.3.1 disk full\n", VERDICT_FAILED },
                  { "250 thanks\n", VERDICT_FAILED } };
    const char *const rcpts[] = { "a@x", NULL };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script_setup setup = { .caps = "", .rcpts = rcpts };
        struct script s;
        struct reply_parser parser = { 0 };
        struct reply reply = { 0 };
        struct txn_awaited awaited;
        size_t used;
        ERR e = { 0 };
        script_open(&s, &setup);
        const char *const before[] = { "250 ok\n", "250 ok\n", "354 go\n" };
        for (size_t step = 0; step < 3; step++) {
            assert_int_equal(txn_next(&s.txn, &s.sent, &awaited), TXN_STEP_COMMAND);
            assert_int_equal(reply_feed(&parser, span_of(before[step]), &used, &reply), 1);
            assert_int_equal(txn_reply(&s.txn, awaited, &reply, &e), 0);
        }
        assert_int_equal(txn_next(&s.txn, &s.sent, &awaited), TXN_STEP_CONTENT);
        assert_int_equal(reply_feed(&parser, span_of(cases[i].reply), &used, &reply), 1);
        awaited = (struct txn_awaited){ TXN_END, TXN_ALL };
        assert_int_equal(txn_reply(&s.txn, awaited, &reply, &e), -1);
        txn_broken(&s.txn, STAGE_BODY, &e);
        assert_int_equal(s.verdicts[0].result, cases[i].result);
        assert_int_equal(s.verdicts[0].stage, STAGE_BODY);
        reply_done(&reply);
        script_close(&s);
    }
}

/* Two messages, the second behind the first one's end of data. */
static void test_follow(void **state)
{
    (void)state;
#define NEXT_BDAT "RSET\r\n" MAIL "RCPT TO:<b@x>\r\n<content>"
#define NEXT_DATA MAIL "RCPT TO:<b@x>\r\nDATA\r\n"
    static const struct {
        const char *caps;
        const char *replies;
        const char *sent;
        const char *verdicts;
    } cases[] = {
        { CHUNKS, "250 ok\n250 ok\n250 1\n250 reset\n250 ok\n250 ok\n250 2\n",
          MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|||||||",
          "sent@end of data 250, sent@end of data 250" },
        { CHUNKS, "250 ok\n550 no\n503 nobody\n250 reset\n250 ok\n250 ok\n250 2\n",
          MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|||||||",
          "refused@RCPT 550, sent@end of data 250" },
        { CHUNKS, "250 ok\n250 ok\n250 1\n250 reset\n",
          MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|||||",
          "sent@end of data 250, ambiguous@end of data 0" },
        { CHUNKS, "250 ok\n250 ok\n", MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|||",
          "ambiguous@end of data 0, ambiguous@end of data 0" },
        { CHUNKS, "250 ok\n250 ok\n354 what\n", MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|||",
          "ambiguous@end of data 0, ambiguous@end of data 0" },
        { CHUNKS, "250 ok\n250 ok\n250 1\n421 bye\n",
          MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "||||",
          "sent@end of data 250, failed@MAIL 421" },
        { CHUNKS, "421 bye\n", MAIL "RCPT TO:<a@x>\r\n<content>" NEXT_BDAT "|",
          "failed@MAIL 421, failed@MAIL 421" },
        { "PIPELINING", "250 ok\n250 ok\n354 go\n250 1\n250 ok\n250 ok\n354 go\n250 2\n",
          MAIL "RCPT TO:<a@x>\r\nDATA\r\n|||<content>" NEXT_DATA "||||<content>|",
          "sent@end of data 250, sent@end of data 250" },
        { "PIPELINING", "250 ok\n250 ok\n354 go\n554 1\n250 ok\n250 ok\n354 go\n250 2\n",
          MAIL "RCPT TO:<a@x>\r\nDATA\r\n|||<content>" NEXT_DATA "||||<content>|",
          "refused@end of data 554, sent@end of data 250" },
        { "PIPELINING", "250 ok\n250 ok\n354 go\n",
          MAIL "RCPT TO:<a@x>\r\nDATA\r\n|||<content>" NEXT_DATA "|",
          "ambiguous@end of data 0, failed@MAIL 0" },
        { "", "250 ok\n250 ok\n354 go\n250 1\n", MAIL "|RCPT TO:<a@x>\r\n|DATA\r\n|<content>|",
          "sent@end of data 250, pending" },
    };
    static const char *const first[] = { "a@x", NULL };
    static const char *const second[] = { "b@x", NULL };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script_setup setup = { .caps = cases[i].caps, .rcpts = first };
        struct script s, next;
        BUF verdicts = { 0 };
        script_open(&s, &setup);
        setup.rcpts = second;
        script_open(&next, &setup);
        s.session.quit = false;
        s.next = &next.txn;
        (void)script_play(&s, cases[i].replies);
        describe(&s, &verdicts);
        buf_add_string(&verdicts, ", ");
        if (next.verdicts[0].result == VERDICT_PENDING)
            buf_add_string(&verdicts, "pending");
        else
            describe(&next, &verdicts);
        assert_string_equal(buf_string(&s.sent), cases[i].sent);
        assert_string_equal(buf_string(&verdicts), cases[i].verdicts);
        script_close(&s);
        script_close(&next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_lmtp_one_reply_each),
        cmocka_unit_test(test_large_waits),
        cmocka_unit_test(test_lmtp_chunks),
        cmocka_unit_test(test_follow),
        cmocka_unit_test(test_hundred_a_transaction),
        cmocka_unit_test(test_early_refusal_counts_early_acceptance_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
