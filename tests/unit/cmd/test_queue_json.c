#include "cmd/queue_json.h"

#include "queue_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_whole(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.message.folder = FOLDER_DEFER;
    strcpy(s.marks, "D.");
    s.entry.state.attempts = 2;
    s.entry.state.ambiguous = 1;
    s.entry.state.next_s = 1795328308;
    s.replies[1] = (struct last_reply){ STAGE_RCPT, 450, "4.2.0", "Gr\"ey" };
    queue_json_add(&s.message, &text);
    assert_string_equal(
        buf_string(&text),
        "{\"queue_id\":\"660D76FE8B000ABCDEF\",\"queue_name\":\"deferred\",\"account\":\"gmail\","
        "\"sender\":\"me@example.org\",\"size\":3000,\"created\":\"2026-11-22T06:17:28Z\","
        "\"next_try\":\"2026-11-22T06:18:28Z\",\"attempts\":2,\"ambiguous\":true,"
        "\"message_id\":\"<1@example.org>\",\"recipients\":[{\"address\":\"bob@example.net\","
        "\"result\":\"sent\",\"stage\":\"\",\"code\":0,\"enhanced\":\"\",\"text\":\"\"},"
        "{\"address\":\"ann@example.net\",\"result\":\"queued\",\"stage\":\"RCPT\",\"code\":450,"
        "\"enhanced\":\"4.2.0\",\"text\":\"Gr\\\"ey\"}]}\n");
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        enum folder folder;
        const char *want;
    } rows[] = {
        { FOLDER_NEW, "\"queue_name\":\"new\"" },
        { FOLDER_DEFER, "\"queue_name\":\"deferred\"" },
        { FOLDER_HOLD, "\"queue_name\":\"hold\"" },
        { FOLDER_FAILED, "\"queue_name\":\"failed\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF text = { 0 };
        struct queue_sample s;
        queue_sample_init(&s);
        s.message.folder = rows[i].folder;
        s.marks[0] = i % 2 ? MARK_FAILED : MARK_REFUSED;
        queue_json_add(&s.message, &text);
        assert_non_null(strstr(buf_string(&text), rows[i].want));
        assert_non_null(strstr(buf_string(&text), "\"result\":\"failed\""));
        assert_non_null(strstr(buf_string(&text), "\"next_try\":\"\""));
    }
}

static void test_damaged(void **state)
{
    (void)state;
    BUF text = { 0 };
    struct queue_sample s;
    queue_sample_init(&s);
    s.message.entry = NULL;
    s.message.problem = "it is torn";
    queue_json_add(&s.message, &text);
    assert_non_null(strstr(buf_string(&text), "\"error\":\"it is torn\"}\n"));
    assert_null(strstr(buf_string(&text), "recipients"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
