#include "queue/bounce_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One recipient: what is said of it. */
struct row {
    struct err err;
    enum bounce_action action;
    bool expired;
    const char *wire, *original;
    const char *want[4]; /* lines */
};

#define TO .wire = "a@b.example"

static char reply[] = "no such user", words[] = "no connection";

static const struct row rows[] = {
    { { ERR_REPLY, 550, "5.1.1", words, reply, NULL },
      .wire = "a@b.example",
      .want = { "Final-Recipient: rfc822; a@b.example", "Action: failed", "Status: 5.1.1",
                "Diagnostic-Code: smtp; 550 5.1.1 no such user" } },
    { { ERR_REPLY, 550, "", words, NULL, NULL },
      TO,
      .want = { "Status: 5.0.0", "Diagnostic-Code: smtp; 550" } },
    { { ERR_REPLY, 450, "4.2.0", words, reply, NULL }, TO, .want = { "Status: 5.0.0" } },
    { { ERR_REPLY, 450, "4.2.0", words, reply, NULL },
      TO,
      .expired = true,
      .want = { "Status: 4.4.7" } },
    { { ERR_REPLY, 450, "4.2.0", words, reply, NULL },
      TO,
      .action = BOUNCE_DELAYED,
      .want = { "Action: delayed", "Status: 4.2.0", "Will-Retry-Until: " } },
    { { ERR_REPLY, 550, "5.1.1", words, reply, NULL },
      TO,
      .action = BOUNCE_DELAYED,
      .want = { "Status: 4.0.0" } },
    { { ERR_REPLY, 550, "5.1", words, reply, NULL }, TO, .want = { "Status: 5.0.0" } },
    { { ERR_CONNECT, 0, "", words, NULL, NULL },
      TO,
      .expired = true,
      .want = { "Status: 4.4.7", "Diagnostic-Code: X-Postbag; no connection" } },
    { { ERR_NOUSER, 0, "", words, NULL, NULL }, TO, .want = { "Status: 5.1.1" } },
    { { ERR_DATA, 0, "", words, NULL, NULL }, TO, .want = { "Status: 5.6.0" } },
    { { ERR_NOUSER, 0, "", words, NULL, NULL },
      .wire = "root@example.org",
      .original = "root",
      .want = { "Original-Recipient: rfc822; root", "Final-Recipient: rfc822; root@example.org" } },
    { { ERR_NOUSER, 0, "", words, NULL, NULL },
      .wire = "\xc3\xa4+b=\\ \x01\xe2\x82\xac@x.example",
      .want = { "Final-Recipient: utf-8; "
                "\\x{E4}\\x{2B}b\\x{3D}\\x{5C}\\x{20}\\x{01}\\x{20AC}@x.example" } },
    { { ERR_NOUSER, 0, "", words, NULL, NULL },
      .wire = "a\r\nX: \x7f@b",
      .want = { "Final-Recipient: rfc822; a? X: ?@b" } },
};

static void print(const struct row *row, struct account *account, struct buf *to)
{
    ARENA a = { 0 };
    struct rcpt rcpt = { .wire = row->wire, .original = row->original ? row->original : row->wire };
    struct verdict verdict = { .err = row->err };
    const bool about = true;
    const struct entry entry = { .created_us = 1795000000000000,
                                 .envelope = { .rcpts = &rcpt, .n_rcpts = 1, .envid = "env\n1" } };
    const struct bounce_facts facts = { .account = account,
                                        .host = "host\r\nX: y",
                                        .now = 1795000000,
                                        .retry_until = 1795086400,
                                        .action = row->action,
                                        .expired = row->expired };
    const struct bounce_about b = { &entry, &facts, &about, &verdict, true };
    bounce_add_status(to, &a, &b);
}

static bool has_line(const struct buf *text, const char *want)
{
    struct span rest = buf_span(text), line;
    while (span_next(&rest, '\n', &line))
        if (span_starts(line, want) &&
            (want[strlen(want) - 1] == ' ' || line.len == strlen(want) + 1))
            return true;
    return false;
}

static void test_recipients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF got = { 0 };
        print(&rows[i], NULL, &got);
        for (size_t j = 0; j < 4 && rows[i].want[j]; j++)
            if (!has_line(&got, rows[i].want[j]))
                fail_msg("row %zu has no \"%s\": %s", i, rows[i].want[j], buf_string(&got));
        assert_int_equal(strstr(buf_string(&got), "Original-Recipient") != NULL,
                         rows[i].original != NULL);
    }
}

static void test_message(void **state)
{
    (void)state;
    BUF got = { 0 };
    print(&rows[0], NULL, &got);
    assert_true(span_starts(buf_span(&got), "Original-Envelope-Id: env 1\r\n"
                                            "Reporting-MTA: dns; host? X: y\r\n"
                                            "Arrival-Date: "));
    assert_null(strstr(buf_string(&got), "Remote-MTA"));
    assert_null(strstr(buf_string(&got), "Will-Retry-Until"));
}

/* Only where it is sure who spoke. */
static void test_remote(void **state)
{
    static const struct {
        const char *host, *want;
    } hosts[] = {
        { "smtp.example.net:587", "Remote-MTA: dns; smtp.example.net" },
        { "[::1]:25", "Remote-MTA: dns; [::1]" },
        { "/run/smtp", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        BUF got = { 0 };
        const char *names[] = { hosts[i].host };
        struct account account = { .net = { .host = { names, 1, 1 } } };
        print(&rows[0], &account, &got);
        if (hosts[i].want)
            assert_true(has_line(&got, hosts[i].want));
        else
            assert_null(strstr(buf_string(&got), "Remote-MTA"));
    }
    BUF got = { 0 };
    const char *names[] = { "a.example", "b.example" };
    struct account account = { .net = { .host = { names, 2, 2 } } };
    print(&rows[0], &account, &got);
    assert_null(strstr(buf_string(&got), "Remote-MTA"));
}

static void test_long_words_are_folded_and_cut(void **state)
{
    (void)state;
    BUF got = { 0 };
    BUF said = { 0 };
    for (int i = 0; i < 4000; i++)
        buf_addf(&said, "%d\n%s", i, i % 100 ? "" : "\xc3\xa4\x01");
    struct row row = rows[0];
    row.err.reply = said.at;
    print(&row, NULL, &got);
    struct span rest = buf_span(&got), line;
    while (span_next(&rest, '\n', &line) && line.len) {
        assert_in_range(line.len, 1, 80);
        for (size_t i = 0; i + 1 < line.len; i++)
            assert_in_range(line.at[i], ' ', '~');
    }
    assert_in_range(got.len, 900, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipients),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_remote),
        cmocka_unit_test(test_long_words_are_folded_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
