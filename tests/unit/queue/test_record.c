#include "base/io.h"
#include "base/log.h"
#include "outcome_fixture.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_json(void **state)
{
    (void)state;
    struct fixture f;
    BUF json = { 0 };
    set_up(&f, 1);
    decide(&f.verdicts[0], VERDICT_REFUSED, 550, "no \"such\" user\n");
    memcpy(f.verdicts[0].err.enhanced, "5.1.1", 6);
    f.outcome.status = 67;
    outcome_json(&f.outcome, &json);
    assert_string_equal(
        buf_string(&json),
        "{\"result\":\"failed\",\"exit\":67,\"account\":\"gmail\",\"host\":\"mail.example.net"
        "\","
        "\"queue_id\":\"\",\"message_id\":\"<1@example.org>\",\"recipients\":[{\"address\":"
        "\"bob@example.com\",\"result\":\"refused\",\"stage\":\"RCPT\",\"code\":550,\"enhanced\":"
        "\"5.1.1\",\"text\":\"no \\\"such\\\" user\\n\"}],\"error\":{\"kind\":\"reply\",\"text\":"
        "\"550 no \\\"such\\\" user\\n\",\"hint\":\"\"}}\n");
    tear_down(&f);
}

static void test_json_before_delivery(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF json = { 0 };
    err_set(&e, ERR_CONFIG, "no account");
    struct outcome o = { .name = "postbag", .error = &e, .status = 78 };
    outcome_json(&o, &json);
    assert_string_equal(
        buf_string(&json),
        "{\"result\":\"failed\",\"exit\":78,\"account\":\"\",\"host\":\"\","
        "\"queue_id\":\"\",\"message_id\":\"\",\"recipients\":[],\"error\":{\"kind\":"
        "\"config\",\"text\":\"no account\",\"hint\":\"\"}}\n");
}

static void test_record_cannot_be_split(void **state)
{
    (void)state;
    struct fixture f;
    BUF line = { 0 };
    set_up(&f, 1);
    decide(&f.verdicts[0], VERDICT_SENT, 250, "ok \" result=failed");
    outcome_record(&f.outcome, false, &line);
    assert_true(span_starts(buf_span(&line),
                            "result=sent exit=0 account=gmail host=mail.example.net "
                            "message_id=<1@example.org> recipient=\"bob@example.com sent: 250 ok "
                            "\\\" result=failed\" sender=me@example.org size=0"));
    tear_down(&f);
}

/* A runner's record has no exit status, and names the message in the queue. */
static void test_record_of_the_queue(void **state)
{
    (void)state;
    struct fixture f;
    BUF line = { 0 };
    set_up(&f, 1);
    decide(&f.verdicts[0], VERDICT_QUEUED, 451, "later");
    f.outcome.status = -1;
    f.outcome.queue_id = "0123456789ABCDEF012";
    outcome_record(&f.outcome, false, &line);
    assert_true(span_starts(buf_span(&line),
                            "result=queued account=gmail host=mail.example.net "
                            "queue_id=0123456789ABCDEF012 message_id=<1@example.org> "
                            "recipient=\"bob@example.com queued: 451 later\" sender="));
    tear_down(&f);
}

/* As [log] says, and the file alone. */
static void test_log(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct scratch scratch;
        struct fixture f;
        scratch_open(&scratch);
        set_up(&f, 1);
        decide(&f.verdicts[0], VERDICT_SENT, 250, "ok");
        const char *file = arena_printf(&scratch.arena, "%s/log", scratch.above);
        const struct config config = { .log = { "off", file, json } };
        outcome_log(&f.outcome, &config);
        assert_null(log_problem());
        log_done();
        BUF got = { 0 };
        ERR e = { 0 };
        CLEANUP(io_close) int fd = io_open_file(file);
        assert_int_equal(io_read_all(fd, file, 4096, &got, &e), 0);
        const char *wanted = json ? "\"result\":\"sent\",\"exit\":0," : "result=sent exit=0 ";
        assert_non_null(strstr(buf_string(&got), wanted));
        tear_down(&f);
        scratch_remove(&scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_before_delivery),
        cmocka_unit_test(test_record_cannot_be_split),
        cmocka_unit_test(test_record_of_the_queue),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
