#include "queue/replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char long_text[2000];

static const struct {
    enum stage stage;
    int code;
    const char *enhanced, *reply, *text;
    const char *line;
} rows[] = {
    { STAGE_RCPT, 451, "4.7.1", "try again later", "refused",
      "reply 3 10 451 4.7.1 try again later\n" },
    { STAGE_CONNECT, 0, "", NULL, "no route", "reply 3 3 0 - no route\n" },
    { STAGE_END, 250, "", "ok\x1b[2J\nqueued", "", "reply 3 13 250 - ok\\x1b[2J queued\n" },
    { STAGE_END, 250, "", "", "", "reply 3 13 250 - \n" },
    { STAGE_END, 250, "", NULL, NULL, "reply 3 13 250 - \n" },
};

static struct verdict verdict_like(size_t i)
{
    struct verdict v = { .result = VERDICT_FAILED, .stage = rows[i].stage };
    v.err.code = rows[i].code;
    memcpy(v.err.enhanced, rows[i].enhanced, strlen(rows[i].enhanced));
    v.err.reply = rows[i].reply ? mem_string(rows[i].reply) : NULL;
    v.err.text = rows[i].text ? mem_string(rows[i].text) : NULL;
    return v;
}

static void test_print_and_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        BUF line = { 0 };
        BUF again = { 0 };
        struct last_reply got[5];
        struct verdict v = verdict_like(i);
        reply_print_last(3, &v, &line);
        assert_string_equal(buf_string(&line), rows[i].line);
        replies_parse(&a, buf_span(&line), 5, got);
        assert_int_equal(got[3].stage, rows[i].stage);
        assert_int_equal(got[3].code, rows[i].code);
        assert_string_equal(got[3].enhanced, rows[i].enhanced);
        assert_null(got[2].text);
        reply_print(3, &got[3], &again);
        if (!strchr(buf_string(&line), '\\')) /* which is shown as itself, or twice */
            assert_string_equal(buf_string(&again), buf_string(&line));
        verdict_done(&v);
    }
}

static void test_long_text_is_cut(void **state)
{
    (void)state;
    const char *const fillings[] = { "x", "\xc3\xa4", "\xe2\x82\xac", "\x01" };
    for (size_t i = 0; i < 4; i++) {
        ARENA a = { 0 };
        BUF line = { 0 };
        struct last_reply got[1];
        long_text[0] = '\0';
        for (size_t at = 0, len = strlen(fillings[i]); at + len < sizeof long_text; at += len)
            memcpy(long_text + at, fillings[i], len + 1);
        struct verdict v = { .result = VERDICT_FAILED };
        v.err.reply = mem_string(long_text);
        reply_print_last(0, &v, &line);
        replies_parse(&a, buf_span(&line), 1, got);
        assert_non_null(got[0].text);
        assert_in_range(strlen(got[0].text), REPLY_TEXT_MAX - 3, REPLY_TEXT_MAX);
        verdict_done(&v);
    }
}

static const char *const nonsense[] = {
    "",
    "\n",
    "reply 0 1 250 - cut short",
    "reply 1 1 250 - index\n",
    "reply -1 1 250 - index\n",
    "reply 0 99 250 - stage\n",
    "reply 0 1 1000 - code\n",
    "reply 0 1 25x - code\n",
    "reply 0 1 250 4.x enhanced\n",
    "reply 0 1 250 4.1234567890123 enhanced\n",
    "reply 0 1 250  enhanced\n",
    "reply 0 1 250 -\n",
    "reply 0 1 250\n",
    "Reply 0 1 250 - magic\n",
    "reply 0 1 250 - control \x1b[2J\n",
    "reply 0 1 250 - utf8 \xc3\n",
};

static void test_nonsense_is_skipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        ARENA a = { 0 };
        BUF text = { 0 };
        struct last_reply got[1];
        replies_parse(&a, span_of(nonsense[i]), 1, got);
        assert_null(got[0].text);
        buf_addf(&text, "%s\nreply 0 1 250 - good\n", nonsense[i]);
        replies_parse(&a, buf_span(&text), 1, got);
        assert_string_equal(got[0].text, "good");
    }
}

static void test_later_one_wins(void **state)
{
    (void)state;
    ARENA a = { 0 };
    struct last_reply got[2];
    replies_parse(&a, SPAN("reply 0 1 1 - a\nreply 1 1 1 - b\nreply 0 1 1 - c\n"), 2, got);
    assert_string_equal(got[0].text, "c");
    assert_string_equal(got[1].text, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_and_parse),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_nonsense_is_skipped),
        cmocka_unit_test(test_later_one_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
