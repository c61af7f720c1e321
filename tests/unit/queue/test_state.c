#include "queue/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char marks[] = "..DF";

static const struct {
    struct state state;
    const char *line;
} rows[] = {
    { { .marks = marks, .n = 4 }, "state - - 0 00000 0000000000 0000000000000 0000000000000 ..DF" },
    { { true, true, 3, 17, 432000, 1795330324, 1795330924, marks, 1 },
      "state ! w 3 00017 0000432000 0001795330324 0001795330924 ." },
    { { false, false, 10, 100000, 10000000000, 10000000000000, INT64_MAX, marks, 1 },
      "state - - 9 99999 9999999999 9999999999999 9999999999999 ." },
    { { false, false, 9, 99999, 9999999999, 9999999999999, 9999999999999, marks, 1 },
      "state - - 9 99999 9999999999 9999999999999 9999999999999 ." },
    { { false, false, 0, 0, -5, -1, INT64_MIN, marks, 1 },
      "state - - 0 00000 0000000000 0000000000000 0000000000000 ." },
    { { .marks = marks, .n = 0 }, "state - - 0 00000 0000000000 0000000000000 0000000000000 " },
};

static void test_print_and_parse(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF line = { 0 };
        BUF again = { 0 };
        struct state s;
        state_print(&rows[i].state, &line);
        assert_int_equal(line.at[line.len - 1], '\n');
        buf_truncate(&line, line.len - 1);
        assert_string_equal(buf_string(&line), rows[i].line);
        assert_int_equal(line.len, STATE_MARKS_AT + rows[i].state.n);
        assert_int_equal(state_parse(&a, buf_span(&line), &s, &e), 0);
        assert_int_equal(s.n, rows[i].state.n);
        assert_int_equal(s.sending, rows[i].state.sending);
        assert_int_equal(s.warned, rows[i].state.warned);
        state_print(&s, &again);
        buf_truncate(&again, again.len - 1);
        assert_string_equal(buf_string(&again), buf_string(&line));
    }
}

static const char *const bad[] = {
    "",
    "state",
    "state - - 0 00000 0000000000 0000000000000 0000000000000",
    "State - - 0 00000 0000000000 0000000000000 0000000000000 .",
    "state x - 0 00000 0000000000 0000000000000 0000000000000 .",
    "state - ! 0 00000 0000000000 0000000000000 0000000000000 .",
    "state - - x 00000 0000000000 0000000000000 0000000000000 .",
    "state - - 0 0000x 0000000000 0000000000000 0000000000000 .",
    "state - - 0 -0001 0000000000 0000000000000 0000000000000 .",
    "state - - 0 00000 +000000000 0000000000000 0000000000000 .",
    "state - - 0 00000 0000000000  000000000000 0000000000000 .",
    "state - - 0 00000 0000000000 0000000000000 0000000000000 x",
    "state - - 0 00000 0000000000 0000000000000 0000000000000 . ",
    "state - - 0 00000 0000000000 0000000000000 0000000000000 .\r",
    "state - - 0 00000 0000000000 0000000000000\t0000000000000 .",
    "state - - 0000000 0000000000 0000000000000 0000000000000 .",
};

static void test_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct state s;
        assert_int_equal(state_parse(&a, span_of(bad[i]), &s, &e), -1);
        assert_int_equal(e.kind, ERR_DATA);
    }
}

/* Whatever octet stands anywhere: what is accepted prints to the same. */
static void test_each_octet(void **unused)
{
    (void)unused;
    char line[] = "state ! w 3 00017 0000432000 0001795330324 0001795330924 .DFR";
    for (size_t at = 0; at < sizeof line - 1; at++) {
        char before = line[at];
        for (int octet = 0; octet < 256; octet++) {
            ARENA a = { 0 };
            ERR e = { 0 };
            BUF again = { 0 };
            struct state s;
            line[at] = (char)octet;
            if (state_parse(&a, (struct span){ line, sizeof line - 1 }, &s, &e) < 0)
                continue;
            state_print(&s, &again);
            assert_int_equal(again.len, sizeof line);
            assert_memory_equal(again.at, line, sizeof line - 1);
        }
        line[at] = before;
    }
}

static void test_questions(void **unused)
{
    (void)unused;
    ARENA a = { 0 };
    struct state s;
    state_init(&a, 3, &s);
    assert_int_equal(state_count(&s, MARK_TODO), 3);
    assert_false(state_is_ambiguous(&s));
    s.marks[1] = MARK_DELIVERED;
    assert_int_equal(state_count(&s, MARK_TODO), 2);
    assert_int_equal(state_count(&s, MARK_DELIVERED), 1);
    assert_int_equal(state_count(&s, MARK_FAILED), 0);
    s.sending = true;
    assert_true(state_is_ambiguous(&s));
    s.sending = false;
    s.ambiguous = 1;
    assert_true(state_is_ambiguous(&s));
}

static void test_place_of_the_sending_octet(void **unused)
{
    (void)unused;
    BUF line = { 0 };
    struct state s = { .sending = true, .marks = marks, .n = 1 };
    state_print(&s, &line);
    assert_int_equal(line.at[STATE_SENDING_AT], STATE_SENDING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_and_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_each_octet),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_place_of_the_sending_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
