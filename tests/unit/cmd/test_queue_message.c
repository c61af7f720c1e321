#include "queue_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct last_reply greylisted = { STAGE_RCPT, 450, "4.2.0", "Greylisted" };
static const struct last_reply lost = { STAGE_CONNECT, 0, "", "connection refused" };

static char refused[] = "535 no";

/* What has happened, and why the first recipient waits. */
static const struct {
    enum folder folder;
    bool busy;
    unsigned ambiguous;
    bool sending;
    const struct last_reply *reply;
    char *trouble;
    int64_t trouble_s; /* the message's own last attempt was at 5 */
    const char *want;
} rows[] = {
    { FOLDER_NEW, false, 0, false, NULL, NULL, 4, "" },
    { FOLDER_DEFER, false, 0, false, &greylisted, NULL, 4, "RCPT: 450 4.2.0 Greylisted" },
    { FOLDER_DEFER, false, 0, false, &lost, NULL, 4, "connect: connection refused" },
    { FOLDER_DEFER, false, 0, false, NULL, refused, 4, "account gmail: 535 no" },
    { FOLDER_DEFER, false, 0, false, &greylisted, refused, 4, "RCPT: 450 4.2.0 Greylisted" },
    { FOLDER_DEFER, false, 0, false, &greylisted, refused, 5, "account gmail: 535 no" },
    { FOLDER_HOLD, false, 0, false, &greylisted, refused, 5, "held; RCPT: 450 4.2.0 Greylisted" },
    { FOLDER_DEFER, false, 1, false, NULL, NULL, 4, "may have been delivered" },
    { FOLDER_DEFER, false, 0, true, NULL, NULL, 4, "may have been delivered" },
    { FOLDER_DEFER, true, 0, true, NULL, NULL, 4, "" },
    { FOLDER_HOLD, false, 0, false, NULL, NULL, 4, "held" },
    { FOLDER_HOLD, false, 0, false, NULL, refused, 4, "held" },
    { FOLDER_HOLD, false, 3, false, &lost, NULL, 4,
      "held; may have been delivered; connect: connection refused" },
    { FOLDER_FAILED, false, 0, false, &lost, refused, 4, "connect: connection refused" },
};

static void test_reasons(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF reason = { 0 };
        struct queue_sample s;
        queue_sample_init(&s);
        s.message.folder = rows[i].folder;
        s.message.busy = rows[i].busy;
        s.entry.state.ambiguous = rows[i].ambiguous;
        s.entry.state.sending = rows[i].sending;
        if (rows[i].reply)
            s.replies[0] = *rows[i].reply;
        s.entry.state.last_s = 5;
        s.standing.last_s = rows[i].trouble_s;
        s.standing.text = rows[i].trouble;
        s.message.trouble = rows[i].trouble ? &s.standing : NULL;
        queue_message_reason(&s.message, 0, &reason);
        assert_string_equal(buf_string(&reason), rows[i].want);
    }
}

static void test_foreign_text(void **state)
{
    (void)state;
    BUF reason = { 0 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.replies[1] = (struct last_reply){ STAGE_DATA, 451, "", "a\033[2Jb\xE2\x80\xAE" };
    queue_message_reason(&s.message, 1, &reason);
    assert_string_equal(buf_string(&reason), "DATA: 451 a\\x1b[2Jb\\xe2\\x80\\xae");
}

static void test_times(void **state)
{
    (void)state;
    struct queue_sample s;
    queue_sample_init(&s);
    s.entry.state.next_s = 500;
    assert_int_equal(queue_message_created(&s.message), 1795328248);
    assert_int_equal(queue_message_next(&s.message), 500);
    s.standing.next_s = 600;
    s.message.trouble = &s.standing;
    assert_int_equal(queue_message_next(&s.message), 600);
    s.message.folder = FOLDER_HOLD;
    assert_int_equal(queue_message_next(&s.message), 0);
    s.message.entry = NULL;
    assert_int_equal(queue_message_created(&s.message), 0x660D76FE8B000 / 1000000);
    assert_int_equal(queue_message_size(&s.message), 0);
}

static void test_concerns(void **state)
{
    (void)state;
    struct queue_sample s;
    queue_sample_init(&s);
    strcpy(s.marks, "DF");
    assert_false(queue_message_concerns(&s.message, 0));
    assert_false(queue_message_concerns(&s.message, 1));
    strcpy(s.marks, "R.");
    assert_true(queue_message_concerns(&s.message, 0)); /* somebody has yet to be told */
    assert_true(queue_message_concerns(&s.message, 1));
    strcpy(s.marks, "DF");
    s.message.folder = FOLDER_FAILED;
    assert_false(queue_message_concerns(&s.message, 0));
    assert_true(queue_message_concerns(&s.message, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_foreign_text),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_concerns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
