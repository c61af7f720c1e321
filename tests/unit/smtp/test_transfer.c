/* Messages that come bit by bit: what is sent, what becomes of each recipient, and that the next
 * message on the same connection begins clean. */
#include "smtp/transfer.h"

#include "base/io.h"

#include "memory_client.h"
#include <fcntl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { RECIPIENTS = 3 };

struct fixture {
    struct memory_client memory;
    struct rcpt rcpts[RECIPIENTS];
    struct envelope envelope;
    struct verdict verdicts[RECIPIENTS];
    struct stored stored;
};

static void set_up(struct fixture *f, const char *script, const char *caps)
{
    ERR e = { 0 };
    *f = (struct fixture){ 0 };
    memory_client_open(&f->memory, script, caps);
    f->envelope = (struct envelope){ .sender = "s@t", .rcpts = f->rcpts };
    buf_add_string(&f->stored.header, "Subject: x\r\n\r\n");
    assert_int_equal(body_add(&f->stored.body, SPAN(".b\r\n"), &e), 0);
}

static void forget_verdicts(struct fixture *f)
{
    for (size_t i = 0; i < RECIPIENTS; i++)
        verdict_done(&f->verdicts[i]);
    f->envelope.n_rcpts = 0;
}

static void tear_down(struct fixture *f)
{
    forget_verdicts(f);
    stored_done(&f->stored);
    memory_client_close(&f->memory);
}

/* MAIL, a RCPT for each word, and with `whole` the message. */
static void transfer(struct fixture *f, const char *rcpts, bool whole)
{
    ERR e = { 0 };
    struct transfer x;
    struct txn_message declared = { .eight_bit = true };
    struct span rest = span_of(rcpts), word;
    transfer_open(&x, &f->memory.client, &f->envelope, &declared, f->verdicts);
    int done = transfer_run(&x, &e);
    while (done == 0 && x.txn.begun && span_word(&rest, &word)) {
        static const char *const names[] = { "a@b", "c@d", "\xc3\xa9@f" };
        size_t i = (size_t)(*word.at - '1');
        f->rcpts[f->envelope.n_rcpts++] =
            (struct rcpt){ .wire = names[i], .original = names[i], .utf8 = i == 2 };
        transfer_add(&x, f->verdicts);
        done = transfer_run(&x, &e);
    }
    if (whole) {
        transfer_close(&x, &f->stored);
        done = done < 0 ? -1 : transfer_run(&x, &e);
    }
    assert_int_equal(done, f->memory.client.broken ? -1 : 0);
    transfer_done(&x);
}

#define MAIL "MAIL FROM:<s@t>\r\n"
#define A    "RCPT TO:<a@b>\r\n"
#define C    "RCPT TO:<c@d>\r\n"
#define TEXT "DATA\r\nSubject: x\r\n\r\n..b\r\n.\r\n"

static const struct row {
    const char *name;
    const char *caps;
    const char *rcpts; /* numbers of names */
    const char *script;
    const char *sent;
    const char *verdicts; /* s, r, f, a, or - for none */
} rows[] = {
    { "two", "x", "1 2", "250 ok\n250 ok\n250 ok\n354 go\n250 done\n", MAIL A C TEXT, "ss" },
    { "in step, even if it could be pipelined; the size is not known", "x\nPIPELINING\nSIZE 900",
      "1", "250 ok\n250 ok\n354 go\n250 done\n", MAIL A TEXT, "s" },
    { "8-bit text is announced", "x\n8BITMIME", "1", "250 ok\n250 ok\n354 go\n250 done\n",
      "MAIL FROM:<s@t> BODY=8BITMIME\r\n" A TEXT, "s" },
    { "one refused", "x", "1 2", "250 ok\n550 no\n250 ok\n354 go\n250 done\n", MAIL A C TEXT,
      "rs" },
    { "\"too many\" is a verdict", "x", "1 2", "250 ok\n250 ok\n452 4.5.3 no\n354 go\n250 done\n",
      MAIL A C TEXT, "sf" },
    { "none accepted: no DATA", "x", "1 2", "250 ok\n550 no\n450 no\n", MAIL A C, "rf" },
    { "MAIL refused", "x", "1", "550 no\n", MAIL, "-" },
    { "UTF-8 that MAIL has not asked for", "x\nSMTPUTF8", "1 3",
      "250 ok\n250 ok\n354 go\n250 done\n", MAIL A TEXT, "sr" },
    { "DATA refused", "x", "1", "250 ok\n250 ok\n451 no\n", MAIL A "DATA\r\n", "f" },
    { "the end refused", "x", "1", "250 ok\n250 ok\n354 go\n554 no\n", MAIL A TEXT, "r" },
    { "lost at RCPT", "x", "1 2", "250 ok\n250 ok\n", MAIL A C, "ff" },
    { "421 at RCPT", "x", "1 2", "250 ok\n250 ok\n421 bye\n", MAIL A C, "ff" },
    { "lost at the end", "x", "1", "250 ok\n250 ok\n354 go\n", MAIL A TEXT, "a" },
    { "too large", "x\nSIZE 10", "1", "250 ok\n250 ok\n", MAIL A, "r" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        BUF verdicts = { 0 };
        set_up(&f, rows[i].script, rows[i].caps);
        transfer(&f, rows[i].rcpts, true);
        for (size_t j = 0; j < f.envelope.n_rcpts; j++)
            buf_add_char(&verdicts, *verdict_name(f.verdicts[j].result));
        if (!verdicts.len)
            buf_add_char(&verdicts, '-');
        if (strcmp(buf_string(&verdicts), rows[i].verdicts))
            print_error("%s\n", rows[i].name);
        assert_string_equal(buf_string(&verdicts), rows[i].verdicts);
        assert_string_equal(buf_string(&f.memory.sent), rows[i].sent);
        tear_down(&f);
    }
}

/* The second message's commands tell what the first has left. */
static void test_next_message_begins_clean(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *rcpts;
        bool whole;
        const char *sent;
    } firsts[] = {
        { "250 ok\n250 ok\n354 go\n250 done\n", "1", true, MAIL A TEXT MAIL },
        { "250 ok\n250 ok\n354 go\n554 no\n", "1", true, MAIL A TEXT MAIL },
        { "250 ok\n550 no\n250 reset\n", "1", true, MAIL A "RSET\r\n" MAIL },
        { "250 ok\n250 ok\n250 reset\n", "1", false, MAIL A "RSET\r\n" MAIL },
        { "250 ok\n250 reset\n", "", false, MAIL "RSET\r\n" MAIL },
        { "550 no\n", "", false, MAIL MAIL },
        { "250 ok\n250 ok\n451 no\n250 reset\n", "1", true, MAIL A "DATA\r\nRSET\r\n" MAIL },
    };
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        struct fixture f;
        BUF script = { 0 };
        buf_addf(&script, "%s250 second\n", firsts[i].script);
        set_up(&f, buf_string(&script), "x");
        transfer(&f, firsts[i].rcpts, firsts[i].whole);
        forget_verdicts(&f);
        transfer(&f, "", false);
        assert_string_equal(buf_string(&f.memory.sent), firsts[i].sent);
        assert_string_equal(buf_string(&f.memory.client.reply.text), "second");
        tear_down(&f);
    }
}

/* The mark stands before the end of data leaves; where it cannot stand, that does not leave. */
static void test_intent(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *sent;
        bool writable;
        bool written;
        char verdict;
    } cases[] = {
        { "250 ok\n250 ok\n354 go\n250 done\n", MAIL A TEXT, true, true, 's' },
        { "250 ok\n250 ok\n354 go\n", MAIL A TEXT, true, true, 'a' },
        { "250 ok\n250 ok\n354 go\n554 no\n", MAIL A TEXT, true, true, 'r' },
        { "250 ok\n250 ok\n451 no\n", MAIL A "DATA\r\n", true, false, 'f' },
        { "250 ok\n250 ok\n354 go\n250 done\n", MAIL A "DATA\r\n", false, false, 'f' },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char octets[4] = "";
        FILE *file = tmpfile();
        assert_non_null(file);
        assert_int_equal(pwrite(fileno(file), "a-c", 3, 0), 3);
        CLEANUP(io_close) int reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
        set_up(&f, cases[i].script, "x");
        f.memory.client.intent = (struct intent){ .fd = cases[i].writable ? fileno(file) : reader,
                                                  .at = 1,
                                                  .mark = '!' };
        transfer(&f, "1", true);
        assert_int_equal(*verdict_name(f.verdicts[0].result), cases[i].verdict);
        assert_string_equal(buf_string(&f.memory.sent), cases[i].sent);
        assert_int_equal(f.memory.client.intent.written, cases[i].written);
        assert_int_equal(pread(fileno(file), octets, 3, 0), 3);
        assert_string_equal(octets, cases[i].written ? "a!c" : "a-c");
        if (!cases[i].writable)
            assert_int_equal(f.verdicts[0].err.kind, ERR_IO);
        tear_down(&f);
        fclose(file);
    }
}

/* By BDAT, in one flight: the mark stands before anything leaves. */
static void test_chunks(void **state)
{
    (void)state;
    static const char text[] = "Subject: x\r\n\r\n.b\r\n";
    static const struct {
        const char *script;
        bool writable;
        const char *verdicts;
    } cases[] = {
        { "250 ok\n250 ok\n550 no\n250 done\n", true, "sr" },
        { "250 ok\n250 ok\n250 ok\n554 no\n", true, "rr" },
        { "250 ok\n250 ok\n", true, "aa" },
        { "", true, "aa" },
        { "421 bye\n", true, "ff" },
        { "250 ok\n550 no\n550 no\n503 nobody\n", true, "rr" },
        { "250 ok\n250 ok\n250 ok\n250 done\n", false, "ff" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        char octet = 0;
        BUF sent = { 0 };
        FILE *file = tmpfile();
        assert_non_null(file);
        assert_int_equal(pwrite(fileno(file), "-", 1, 0), 1);
        CLEANUP(io_close) int reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
        set_up(&f, cases[i].script, "x\nPIPELINING\nCHUNKING");
        f.memory.client.intent =
            (struct intent){ .fd = cases[i].writable ? fileno(file) : reader, .mark = '!' };
        f.rcpts[0] = (struct rcpt){ .wire = "a@b", .original = "a@b" };
        f.rcpts[1] = (struct rcpt){ .wire = "c@d", .original = "c@d" };
        f.envelope.n_rcpts = 2;
        client_send(&f.memory.client, &f.envelope, &f.stored, true, f.verdicts);
        buf_addf(&sent, MAIL A C "BDAT %zu LAST\r\n%s", strlen(text), text);
        assert_string_equal(buf_string(&f.memory.sent), cases[i].writable ? buf_string(&sent) : "");
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(*verdict_name(f.verdicts[j].result), cases[i].verdicts[j]);
        assert_int_equal(pread(fileno(file), &octet, 1, 0), 1);
        assert_int_equal(octet, cases[i].writable ? '!' : '-');
        tear_down(&f);
        fclose(file);
    }
}

/* What is sent ends in the mark. */
static bool ends(const struct buf *sent, const char *end)
{
    size_t len = strlen(end);
    return sent->len >= len && memcmp(sent->at + sent->len - len, end, len) == 0;
}

/* A body over several chunks; without PIPELINING over one. */
static void test_large_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        const char *caps;
        const char *last;
        char verdict;
    } cases[] = {
        { "250 ok\n250 ok\n250 one\n250 done\n", "x\nPIPELINING\nCHUNKING", "BDAT 251429 LAST",
          's' },
        { "250 ok\n250 ok\n552 one\n503 two\n", "x\nPIPELINING\nCHUNKING", "BDAT 251429 LAST",
          'r' },
        { "250 ok\n250 ok\n250 one\n", "x\nPIPELINING\nCHUNKING", "BDAT 251429 LAST", 'a' },
        { "250 ok\n250 ok\n250 done\n", "x\nCHUNKING", "BDAT 1300005 LAST", 's' },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        ERR e = { 0 };
        set_up(&f, cases[i].script, cases[i].caps);
        f.rcpts[0] = (struct rcpt){ .wire = "a@b", .original = "a@b" };
        f.envelope.n_rcpts = 1;
        for (size_t j = 0; j < 99999; j++)
            assert_int_equal(body_add(&f.stored.body, SPAN("0123456789 \r\n"), &e), 0);
        client_send(&f.memory.client, &f.envelope, &f.stored, false, f.verdicts);
        assert_int_equal(*verdict_name(f.verdicts[0].result), cases[i].verdict);
        assert_true(ends(&f.memory.sent, "0123456789 \r\n"));
        buf_add_char(&f.memory.sent, '\0');
        assert_non_null(strstr(f.memory.sent.at, cases[i].last));
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_next_message_begins_clean),
        cmocka_unit_test(test_intent),       cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_large_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
