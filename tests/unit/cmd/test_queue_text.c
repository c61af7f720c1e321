#include "cmd/queue_text.h"

#include "queue_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#define HEADLINE "------Queue ID------ --Size-- ---Arrival Time---- --Sender/Recipient------\n"
#define FIRST    "660D76FE8B000ABCDEF"
#define INDENT   "                                                  "

static void test_empty(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_text t = { 0 };
    queue_text_end(&t, &text);
    assert_string_equal(buf_string(&text), "Mail queue is empty\n");
}

static void test_layout(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_text t = { 0 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.replies[0] = s.replies[1] = (struct last_reply){ STAGE_RCPT, 450, "4.2.0", "Greylisted" };
    queue_text_add(&t, &s.message, &text);
    s.message.folder = FOLDER_HOLD;
    s.entry.envelope.sender = "";
    strcpy(s.marks, "D.");
    s.replies[1] = (struct last_reply){ 0 };
    queue_text_add(&t, &s.message, &text);
    queue_text_end(&t, &text);
    assert_string_equal(buf_string(&text),
                        HEADLINE FIRST "      3000 Sun Nov 22 06:17:28 me@example.org\n" INDENT
                                       "(RCPT: 450 4.2.0 Greylisted)\n" INDENT
                                       "bob@example.net\n" INDENT "ann@example.net\n\n" FIRST
                                       "!     3000 Sun Nov 22 06:17:28 MAILER-DAEMON\n" INDENT
                                       "                      (held)\n" INDENT "ann@example.net\n\n"
                                       "\t\tTotal requests: 2\n-- 5 Kbytes in 2 Requests.\n");
}

/* The mark behind the name. */
static void test_marks(void **state)
{
    (void)state;
    static const struct {
        enum folder folder;
        bool busy;
        char mark;
    } rows[] = {
        { FOLDER_NEW, false, ' ' },  { FOLDER_NEW, true, '*' },     { FOLDER_DEFER, true, '*' },
        { FOLDER_HOLD, false, '!' }, { FOLDER_FAILED, false, '#' },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF text = { 0 };
        struct queue_text t = { .messages = 1 };
        struct queue_sample s;
        queue_sample_init(&s);
        s.message.folder = rows[i].folder;
        s.message.busy = rows[i].busy;
        queue_text_add(&t, &s.message, &text);
        assert_int_equal(text.at[QUEUE_ID_SIZE], rows[i].mark);
    }
}

/* Two runs of the same reason, with another between. */
static void test_runs(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_text t = { .messages = 1 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.replies[1] = (struct last_reply){ STAGE_RCPT, 451, "", "later" };
    queue_text_add(&t, &s.message, &text);
    assert_non_null(strstr(buf_string(&text), "bob@example.net\n"));
    assert_non_null(strstr(buf_string(&text), "(RCPT: 451 later)\n" INDENT "ann@example.net\n"));
}

/* Two parts of a list read as one, whichever of them is empty. */
static void test_two_parts(void **state)
{
    (void)state;
    struct queue_sample s;
    queue_sample_init(&s);
    for (size_t first = 0; first <= 2; first++) {
        BUF want = { 0 };
        BUF text = { 0 };
        BUF rest = { 0 };
        struct queue_text whole = { 0 }, one = { 0 }, two = { .headless = true };
        for (size_t i = 0; i < 2; i++) {
            queue_text_add(&whole, &s.message, &want);
            queue_text_add(i < first ? &one : &two, &s.message, i < first ? &text : &rest);
        }
        queue_text_join(&one, &two, &text);
        buf_add_span(&text, buf_span(&rest));
        queue_text_end(&whole, &want);
        queue_text_end(&one, &text);
        assert_string_equal(buf_string(&text), buf_string(&want));
    }
}

static void test_damaged(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_text t = { .messages = 1 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.message.entry = NULL;
    s.message.problem = "it is torn\033";
    queue_text_add(&t, &s.message, &text);
    assert_non_null(strstr(buf_string(&text), FIRST "         0 "));
    assert_non_null(strstr(buf_string(&text), " ?\n"));
    assert_non_null(strstr(buf_string(&text), "(it is torn\\x1b)\n"));
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        int64_t when;
        const char *want;
    } rows[] = {
        { 0, "Thu Jan  1 00:00:00" },
        { 1795328248, "Sun Nov 22 06:17:28" },
        { 1790000009, "Mon Sep 21 14:13:29" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF text = { 0 };
        queue_text_add_date(&text, rows[i].when);
        assert_string_equal(buf_string(&text), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_layout),
        cmocka_unit_test(test_marks),     cmocka_unit_test(test_runs),
        cmocka_unit_test(test_damaged),   cmocka_unit_test(test_dates),
        cmocka_unit_test(test_two_parts),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
