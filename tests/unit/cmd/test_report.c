#include "cmd/report.h"

#include "../queue/outcome_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What report_outcome writes to stderr. */
static void report(const struct outcome *o, bool verbose, struct buf *ret)
{
    int ends[2];
    int kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    report_outcome(o, verbose);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(ends[1]);
    close(kept);
    ssize_t n;
    while ((n = read(ends[0], buf_room(ret, 4096), 4096)) > 0)
        buf_grew(ret, (size_t)n);
    close(ends[0]);
}

static void test_report(void **state)
{
    (void)state;
    struct fixture f;
    BUF text = { 0 };
    set_up(&f, 3);
    decide(&f.verdicts[0], VERDICT_REFUSED, 550, "User unknown\nevil\x1b[2J");
    decide(&f.verdicts[1], VERDICT_SENT, 250, "ok");
    decide(&f.verdicts[2], VERDICT_AMBIGUOUS, 0, "lost");
    report(&f.outcome, false, &text);
    assert_string_equal(
        buf_string(&text),
        "postbag: bob@example.com: refused: 550 User unknown evil\\x1b[2J (mail.example.net, "
        "RCPT)\n"
        "postbag: joe@example.com: may have been delivered: 0 lost (mail.example.net, RCPT)\n"
        "postbag: sent to 1 of 3 recipients; not queued; the recipients named above may have it "
        "already\n");
    tear_down(&f);
}

static void test_report_of_success_is_silent(void **state)
{
    (void)state;
    struct fixture f;
    BUF text = { 0 };
    set_up(&f, 1);
    decide(&f.verdicts[0], VERDICT_SENT, 250, "ok");
    report(&f.outcome, false, &text);
    assert_string_equal(buf_string(&text), "");
    tear_down(&f);
}

static void test_report_of_the_queue(void **state)
{
    (void)state;
    static const struct {
        enum verdict_result results[3];
        bool verbose;
        const char *text;
    } rows[] = {
        { { VERDICT_QUEUED, VERDICT_SENT, VERDICT_SENT }, false, "" },
        { { VERDICT_QUEUED, VERDICT_SENT, VERDICT_SENT },
          true,
          "postbag: bob@example.com: queued as 0123: 450 later\n" },
        { { VERDICT_QUEUED, VERDICT_REFUSED, VERDICT_SENT },
          false,
          "postbag: ann@example.com: refused: 450 later (mail.example.net, RCPT)\n"
          "postbag: sent to 1 of 3 recipients, queued for 1 of 3 as 0123; the others: not sent, "
          "not queued\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        BUF text = { 0 };
        set_up(&f, 3);
        f.outcome.queue_id = "0123";
        for (size_t j = 0; j < 3; j++)
            decide(&f.verdicts[j], rows[i].results[j], 450, "later");
        report(&f.outcome, rows[i].verbose, &text);
        assert_string_equal(buf_string(&text), rows[i].text);
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_report_of_success_is_silent),
        cmocka_unit_test(test_report_of_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
