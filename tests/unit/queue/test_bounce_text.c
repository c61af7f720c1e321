#include "queue/bounce_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t created = 1795000000;

struct fixture {
    struct rcpt rcpts[3];
    bool about[3];
    struct verdict verdicts[3];
    struct entry entry;
    struct bounce_facts facts;
    struct bounce_about b;
    struct buf text;
};

static int set_up(void **state)
{
    static const char *const names[] = { "ann@example.net", "joe@example.net", "root" };
    struct fixture *f = mem_new(1, sizeof *f);
    for (size_t i = 0; i < 3; i++) {
        f->rcpts[i] = (struct rcpt){ .wire = names[i], .original = names[i] };
        (void)err_set(&f->verdicts[i].err, ERR_REPLY, "550 5.1.1 no %s", names[i]);
        f->about[i] = true;
    }
    f->rcpts[2].wire = "admin@example.org";
    f->entry.envelope = (struct envelope){ .rcpts = f->rcpts, .n_rcpts = 3 };
    f->entry.created_us = created * 1000000;
    memcpy(f->entry.id.text, "06586A0F7C400ABCDEF", QUEUE_ID_SIZE);
    f->facts = (struct bounce_facts){ .host = "host.example.org", .now = created + 60 };
    f->b = (struct bounce_about){ &f->entry, &f->facts, f->about, f->verdicts, true };
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        verdict_done(&f->verdicts[i]);
    buf_done(&f->text);
    free(f);
    return 0;
}

/* With blanks for line ends. */
static const char *text_of(struct fixture *f)
{
    buf_clear(&f->text);
    bounce_add_text(&f->text, &f->b);
    for (size_t i = 0; i < f->text.len; i++)
        if (f->text.at[i] == '\r' || f->text.at[i] == '\n')
            f->text.at[i] = ' ';
    return buf_string(&f->text);
}

static void check_says(struct fixture *f, const char *words, bool says)
{
    const char *text = text_of(f);
    if ((strstr(text, words) != NULL) != says)
        fail_msg("\"%s\" is %sin: %s", words, says ? "not " : "", text);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    check_says(f, "on host.example.org.", true);
    check_says(f, "could not be delivered to:", true);
    check_says(f, "  ann@example.net      550 5.1.1 no ann@example.net ", true);
    check_says(f, "  root      (admin@example.org)  ", true);
    check_says(f, "not tried again", true);
    check_says(f, "The message comes back with this one.", true);
    check_says(f, "hint", false);
    check_says(f, "other recipients", false);
    check_says(f, "queue", false);
}

static void test_hints(void **state)
{
    struct fixture *f = *state;
    err_hint(&f->verdicts[1].err, "check the address");
    check_says(f, "    hint: check the address", true);
}

static void test_one_reason_for_many(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        (void)err_set(&f->verdicts[i].err, ERR_CONNECT, "no way");
    check_says(f, "  ann@example.net    joe@example.net    root ", true);
    const char *first = strstr(text_of(f), "no way");
    assert_non_null(first);
    assert_null(strstr(first + 1, "no way"));
}

static void test_those_that_are_spared(void **state)
{
    struct fixture *f = *state;
    f->about[0] = false;
    check_says(f, "ann@", false);
    check_says(f, "other recipients", true);
    f->about[1] = f->about[2] = false;
    assert_int_equal(bounce_next(&f->b, 0), 3);
}

static void test_expired(void **state)
{
    static const struct {
        int64_t age;
        const char *words;
    } rows[] = {
        { 5 * 86400, "tried for 5 days," },
        { 5 * 3600, "tried for 5 hours," },
        { 60, "tried again and again," },
        { -86400, "tried again and again," },
    };
    struct fixture *f = *state;
    f->facts.expired = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->facts.now = created + rows[i].age;
        check_says(f, rows[i].words, true);
    }
    check_says(f, "is given up now", true);
}

static void test_delayed(void **state)
{
    struct fixture *f = *state;
    f->facts.action = BOUNCE_DELAYED;
    f->b.whole = false;
    check_says(f, "could not be delivered yet to:", true);
    check_says(f, "delivery is tried further.", true);
    f->facts.retry_until = created + 86400;
    check_says(f, "delivery is tried further,  until ", true);
    check_says(f, "The header of the message comes back", true);
}

static void test_too_large_to_come_back(void **state)
{
    struct fixture *f = *state;
    f->b.whole = false;
    check_says(f, "stays in the queue", false); /* RET=HDRS */
    f->entry.body_size = BOUNCE_FULL_MAX + 1;
    check_says(f, "stays in the queue, as 06586A0F7C400ABCDEF.", true);
}

static void test_hostile_words_stay_where_they_belong(void **state)
{
    struct fixture *f = *state;
    BUF words = { 0 };
    for (int i = 0; i < 5000; i++)
        buf_add_string(&words, "\xc3\xa4");
    (void)err_set(&f->verdicts[0].err, ERR_REPLY, "a\r\n.\r\n--b\n\x1b[2J %s", buf_string(&words));
    f->rcpts[0].original = buf_string(&words);
    f->rcpts[1].wire = "a\r\nb";
    text_of(f);
    buf_clear(&f->text);
    bounce_add_text(&f->text, &f->b);
    struct span rest = buf_span(&f->text), line;
    assert_null(memchr(rest.at, '\x1b', rest.len));
    while (span_next(&rest, '\n', &line) && line.len) {
        assert_int_equal(line.at[line.len - 1], '\r');
        assert_in_range(line.len, 1, 999);
        assert_false(span_starts(line, ".") || span_starts(line, "--"));
    }
}

static void test_wrapping(void **state)
{
    static const struct {
        const char *words, *want;
        size_t column;
    } rows[] = {
        { "", "", 0 },           { " \t ", "", 0 },
        { "a  b", "a b", 0 },    { "a b", "a\r\n> b", 75 },
        { "aaaa", "aaaa", 200 }, { "aaaa b", "aaaa\r\n> b", 200 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF got = { 0 };
        bounce_add_wrapped(&got, rows[i].column, "> ", span_of(rows[i].words));
        assert_string_equal(buf_string(&got), rows[i].want);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refused),
        TEST(test_hints),
        TEST(test_one_reason_for_many),
        TEST(test_those_that_are_spared),
        TEST(test_expired),
        TEST(test_delayed),
        TEST(test_too_large_to_come_back),
        TEST(test_hostile_words_stay_where_they_belong),
        cmocka_unit_test(test_wrapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
