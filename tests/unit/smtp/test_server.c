/* The server engine: what a client says, what it is told, and what the caller is asked to do. Every
 * dialogue is held at every division of its octets. */
#include "smtp/server.h"

#include "smtp/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Addresses decide the answers: 550 for bad…, 450 for later…, else 250. */
static int code_for(struct span path)
{
    if (span_starts(path, "<bad"))
        return 550;
    return span_starts(path, "<later") ? 450 : 250;
}

/* Feeds in pieces of `step` octets; `script` gets the actions as text, `out` the replies. */
static void converse(bool lmtp, struct span in, size_t step, struct buf *script, struct buf *out)
{
    struct server s;
    bool body = false;
    server_init(&s, "here", lmtp);
    for (;;) {
        enum server_action action = server_next(&s);
        buf_add_span(out, buf_span(&s.out));
        buf_clear(&s.out);
        if (body && action != SERVER_BODY && action != SERVER_WANT) {
            buf_add_char(script, ']');
            body = false;
        }
        if (action == SERVER_QUIT) {
            buf_add_string(script, "Q");
            break;
        }
        if (action == SERVER_WANT) {
            if (!in.len)
                break;
            struct span piece = { in.at, step < in.len ? step : in.len };
            in = span_from(in, piece.len);
            server_feed(&s, piece);
        } else if (action == SERVER_BODY) {
            if (!body)
                buf_add_char(script, '[');
            body = true;
            buf_add_span(script, s.piece);
        } else if (action == SERVER_MAIL) {
            buf_addf(script, "M%.*s", SPAN_ARGS(s.mail.path));
            server_answer(&s, code_for(s.mail.path), "", SPAN("mail"));
        } else if (action == SERVER_RCPT) {
            buf_addf(script, "R%.*s", SPAN_ARGS(s.rcpt.path));
            server_answer(&s, code_for(s.rcpt.path), "", SPAN("rcpt"));
        } else if (action == SERVER_END) {
            buf_add_char(script, 'E');
            server_answer(&s, 250, "2.6.0", SPAN("end"));
        } else {
            buf_add_char(script, 'X');
        }
    }
    buf_add_span(out, buf_span(&s.out));
    if (server_in_message(&s))
        buf_add_char(script, '!');
    server_done(&s);
}

#define GREETING  "220 here ESMTP\r\n"
#define MAIL_RCPT "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
#define TAKEN     "250 mail\r\n250 rcpt\r\n"
#define GO        "354 End the message with a lone dot\r\n"
#define END       "250 2.6.0 end\r\n"
#define BYE       "221 2.0.0 Bye\r\n"
#define NONE      "554 5.5.1 No recipient was accepted\r\n"

static const struct row {
    const char *name;
    const char *in;
    const char *script; /* M, R with paths, [text], E, X, Q; "!" if ended within a message */
    const char *out;
    bool lmtp;
} rows[] = {
    { "nothing", "", "", GREETING, false },
    { "hello", "HELO x\r\nNOOP\r\nQUIT\r\n", "Q", GREETING "250 here\r\n250 2.0.0 OK\r\n" BYE,
      false },
    { "extended hello", "EHLO [127.0.0.1]\r\n", "",
      GREETING "250-here\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE\r\n250-SMTPUTF8\r\n"
               "250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250 DSN\r\n",
      false },
    { "a message", MAIL_RCPT "DATA\r\nx\r\n..y\r\n.\r\nQUIT\r\n", "M<a@b>R<c@d>[x\r\n.y\r\n]EQ",
      GREETING TAKEN GO END BYE, false },
    { "commands and text end in LF",
      "HELO x\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nx\n..y\n.\nQUIT\n", "M<a@b>R<c@d>[x\n.y\n]EQ",
      GREETING "250 here\r\n" TAKEN GO END BYE, false },
    { "LF commands, CRLF text", "MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\nx\r\n.\r\nQUIT\n",
      "M<a@b>R<c@d>[x\r\n]EQ", GREETING TAKEN GO END BYE, false },
    { "CRLF commands: a dot between bare LFs is text",
      MAIL_RCPT "DATA\r\nx\n.\nMAIL FROM:<evil@b>\n.z\r\n.\r\n",
      "M<a@b>R<c@d>[x\n.\nMAIL FROM:<evil@b>\n.z\r\n]E", GREETING TAKEN GO END, false },
    { "a bare CR ends nothing", MAIL_RCPT "DATA\r\nx\r.\r\n.\ry\r\n.\r\n",
      "M<a@b>R<c@d>[x\r.\r\n\ry\r\n]E", GREETING TAKEN GO END, false },
    { "an empty message", MAIL_RCPT "DATA\r\n.\r\n", "M<a@b>R<c@d>E", GREETING TAKEN GO END,
      false },
    { "cut within the message", MAIL_RCPT "DATA\r\nx\r\n", "M<a@b>R<c@d>[x\r\n!", GREETING TAKEN GO,
      false },
    { "one refused, one put off",
      "MAIL FROM:<a@b>\r\nRCPT TO:<bad@d>\r\nRCPT TO:<later@d>\r\nDATA\r\nRCPT TO:<c@d>\r\n"
      "DATA\r\n.\r\n",
      "M<a@b>R<bad@d>R<later@d>R<c@d>E",
      GREETING "250 mail\r\n550 rcpt\r\n450 rcpt\r\n" NONE "250 rcpt\r\n" GO END, false },
    { "the sender is refused", "MAIL FROM:<bad@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", "M<bad@b>",
      GREETING "550 mail\r\n503 5.5.1 MAIL comes before RCPT\r\n"
               "503 5.5.1 MAIL and RCPT come before DATA\r\n",
      false },
    { "MAIL twice", "MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "M<a@b>",
      GREETING "250 mail\r\n503 5.5.1 A message is under way; RSET forgets it\r\n", false },
    { "RSET", MAIL_RCPT "RSET\r\nRSET\r\nMAIL FROM:<a@b>\r\nDATA\r\n", "M<a@b>R<c@d>XM<a@b>",
      GREETING TAKEN "250 2.0.0 Forgotten\r\n250 2.0.0 Forgotten\r\n250 mail\r\n" NONE, false },
    { "HELO forgets", MAIL_RCPT "HELO x\r\n", "M<a@b>R<c@d>X", GREETING TAKEN "250 here\r\n",
      false },
    { "two messages", MAIL_RCPT "DATA\r\nx\r\n.\r\n" MAIL_RCPT "DATA\r\ny\r\n.\r\n",
      "M<a@b>R<c@d>[x\r\n]EM<a@b>R<c@d>[y\r\n]E", GREETING TAKEN GO END TAKEN GO END, false },
    { "chunks", MAIL_RCPT "BDAT 5\r\nx\r\n.\rBDAT 0\r\nBDAT 3 LAST\r\n\n.\nQUIT\r\n",
      "M<a@b>R<c@d>[x\r\n.\r\n.\n]EQ",
      GREETING TAKEN "250 2.0.0 Chunk received\r\n250 2.0.0 Chunk received\r\n" END BYE, false },
    { "an empty last chunk", MAIL_RCPT "BDAT 1\r\nxBDAT 0 last\r\n", "M<a@b>R<c@d>[x]E",
      GREETING TAKEN "250 2.0.0 Chunk received\r\n" END, false },
    { "nothing but chunks behind a chunk",
      MAIL_RCPT "BDAT 1\r\nxRCPT TO:<e@f>\r\nDATA\r\nNOOP\r\nRSET\r\nQUIT\r\n", "M<a@b>R<c@d>[x]XQ",
      GREETING TAKEN "250 2.0.0 Chunk received\r\n503 5.5.1 MAIL comes before RCPT\r\n"
                     "503 5.5.1 MAIL and RCPT come before DATA\r\n250 2.0.0 OK\r\n"
                     "250 2.0.0 Forgotten\r\n" BYE,
      false },
    { "chunks out of order are skipped",
      "BDAT 6\r\nQUIT\r\nMAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n", "M<a@b>",
      GREETING "503 5.5.1 MAIL and RCPT come before BDAT\r\n250 mail\r\n" NONE "250 2.0.0 OK\r\n",
      false },
    { "a chunk without a length", MAIL_RCPT "BDAT x\r\nQUIT\r\n", "M<a@b>R<c@d>Q",
      GREETING TAKEN "501 5.5.4 Write BDAT and a number; this session ends here\r\n", false },
    { "a chunk cut short", MAIL_RCPT "BDAT 9 LAST\r\nxyz", "M<a@b>R<c@d>[xyz!", GREETING TAKEN,
      false },
    { "wrong commands",
      "FOO\r\n\r\nRSET x\r\nHELO\r\nVRFY\r\nVRFY root\r\nEXPN x\r\nSTARTTLS\r\nLHLO x\r\n"
      "NO\rOP\r\n",
      "",
      GREETING "500 5.5.2 Unknown command; HELP lists them\r\n"
               "500 5.5.2 Unknown command; HELP lists them\r\n"
               "501 5.5.4 This command takes no argument\r\n501 5.5.4 Say who you are\r\n"
               "501 5.5.4 VRFY whom?\r\n"
               "252 2.5.0 Not verified here; RCPT asks the smarthost\r\n"
               "502 5.5.1 Not implemented\r\n502 5.5.1 Not implemented\r\n"
               "500 5.5.2 Unknown command; HELP lists them\r\n"
               "500 5.5.2 A control character stands in the line\r\n",
      false },
    { "wrong arguments",
      "MAIL\r\nMAIL FROM:\r\nMAIL FROM:<a@b> FOO\r\nMAIL FROM:<a@b> SIZE=x\r\nMAIL FROM:<a@b>\r\n"
      "RCPT TO\r\n",
      "M<a@b>",
      GREETING "501 5.5.4 Write MAIL FROM:<address>\r\n501 5.5.4 Write MAIL FROM:<address>\r\n"
               "555 5.5.4 A parameter is not known here\r\n"
               "501 5.5.4 A parameter's value is wrong, or it comes twice\r\n250 mail\r\n"
               "501 5.5.4 Write RCPT TO:<address>\r\n",
      false },
    { "help", "HELP\r\n", "",
      GREETING "214 2.0.0 These are understood: HELO EHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP "
               "QUIT\r\n",
      false },
    { "LMTP: an answer for each recipient",
      "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<bad@d>\r\nRCPT TO:<e@f>\r\n"
      "DATA\r\nx\r\n.\r\nQUIT\r\n",
      "M<a@b>R<c@d>R<bad@d>R<e@f>[x\r\n]EEQ",
      "220 here LMTP\r\n500 5.5.2 Unknown command; HELP lists them\r\n250 mail\r\n250 rcpt\r\n"
      "550 rcpt\r\n250 rcpt\r\n" GO END END BYE,
      true },
};

static void test_dialogues(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct span in = span_of(rows[i].in);
        for (size_t step = 1; step <= in.len + 1; step++) {
            BUF script = { 0 };
            BUF out = { 0 };
            converse(rows[i].lmtp, in, step, &script, &out);
            if (strcmp(buf_string(&script), rows[i].script))
                print_error("%s, pieces of %zu\n", rows[i].name, step);
            assert_string_equal(buf_string(&script), rows[i].script);
            assert_string_equal(buf_string(&out), rows[i].out);
        }
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    for (size_t len = SERVER_LINE_LIMIT - 1; len <= SERVER_LINE_LIMIT + 1; len++) {
        for (size_t step = 1; step < 5000; step = step * 3 + 1) {
            BUF in = { 0 };
            BUF script = { 0 };
            BUF out = { 0 };
            buf_add_string(&in, "NOOP ");
            while (in.len < len - 2)
                buf_add_char(&in, 'x');
            buf_add_string(&in, "\r\nHELO x\r\n");
            converse(false, buf_span(&in), step, &script, &out);
            assert_string_equal(buf_string(&out),
                                len <= SERVER_LINE_LIMIT ? GREETING "250 2.0.0 OK\r\n250 here\r\n"
                                                         : GREETING
                                    "500 5.5.2 The line is too long\r\n250 here\r\n");
        }
    }
}

static void test_enhanced_codes(void **state)
{
    (void)state;
    static const struct {
        const char *hello, *given, *said;
        int code;
    } answers[] = {
        { "HELO x\r\n", "", "550 no\r\n", 550 },
        { "HELO x\r\n", "5.1.1", "550 5.1.1 no\r\n", 550 },
        { "EHLO x\r\n", "", "550 5.0.0 no\r\n", 550 },
        { "EHLO x\r\n", "5.1.1", "550 5.1.1 no\r\n", 550 },
        { "EHLO x\r\n", "4.1.1", "550 5.0.0 no\r\n", 550 },
        { "EHLO x\r\n", "2.1.0", "251 2.1.0 no\r\n", 251 },
        { "HELO x\r\n", "", "451 no\r\n", 354 },
        { "HELO x\r\n", "", "451 no\r\n", 0 },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct server s;
        server_init(&s, "here", false);
        server_feed(&s, span_of(answers[i].hello));
        assert_int_equal(server_next(&s), SERVER_WANT);
        server_feed(&s, SPAN("MAIL FROM:<a@b>\r\n"));
        assert_int_equal(server_next(&s), SERVER_MAIL);
        assert_int_equal(server_next(&s), SERVER_MAIL); /* until it is answered */
        buf_clear(&s.out);
        server_answer(&s, answers[i].code, answers[i].given, SPAN("no"));
        server_answer(&s, 250, "", SPAN("nobody has asked"));
        assert_string_equal(buf_string(&s.out), answers[i].said);
        server_done(&s);
    }
}

static void test_foreign_words(void **state)
{
    (void)state;
    BUF out = { 0 };
    reply_write(&out, 550, "5.7.1", SPAN("one\r\ntwo\x01\xff\n"));
    assert_string_equal(buf_string(&out), "550-5.7.1 one\r\n550 5.7.1 two\\x01\\xff\r\n");
    buf_clear(&out);
    reply_write(&out, 250, "", SPAN(""));
    assert_string_equal(buf_string(&out), "250 \r\n");
    BUF words = { 0 };
    while (words.len < 2 * REPLY_WORDS)
        buf_add_string(&words, "ä");
    buf_add_char(&words, 'x');
    buf_clear(&out);
    reply_write(&out, 250, "2.0.0", buf_span(&words));
    struct span rest = buf_span(&out), line;
    size_t lines = 0;
    while (span_next(&rest, '\n', &line) && line.len) {
        assert_true(line.len < 512);
        assert_true(span_starts(line, rest.len ? "250-2.0.0 \xc3" : "250 2.0.0 x"));
        lines++;
    }
    assert_int_equal(lines, 3);
}

/* What only postbag serve has. */
static void test_service(void **state)
{
    struct server s;
    (void)state;
    server_init(&s, "here", true);
    s.nonces = s.lists = true;
    s.max_size = 1234;
    server_feed(&s, SPAN("LHLO x\r\nXQUEUE\r\nXQUEUE json\r\n"
                         "MAIL FROM:<a@b> XNONCE=0123456789abcdef0123456789abcdef\r\n"));
    assert_int_equal(server_next(&s), SERVER_QUEUE);
    assert_true(s.json);
    assert_int_equal(server_next(&s), SERVER_MAIL);
    assert_string_equal(s.mail.nonce, "0123456789ABCDEF0123456789ABCDEF");
    assert_non_null(strstr(buf_string(&s.out), "250-SIZE 1234\r\n"));
    assert_non_null(strstr(buf_string(&s.out), "250-XNONCE\r\n"));
    assert_non_null(strstr(buf_string(&s.out), "501 5.5.4 Write XQUEUE"));
    server_done(&s);
    server_init(&s, "here", true);
    server_feed(&s, SPAN("XQUEUE JSON\r\n"
                         "MAIL FROM:<a@b> XNONCE=0123456789abcdef0123456789abcdef\r\n"));
    assert_int_equal(server_next(&s), SERVER_WANT);
    assert_non_null(strstr(buf_string(&s.out), "500 5.5.2 Unknown command"));
    assert_non_null(strstr(buf_string(&s.out), "555 5.5.4 A parameter is not known"));
    server_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialogues),      cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_enhanced_codes), cmocka_unit_test(test_foreign_words),
        cmocka_unit_test(test_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
