#include "queue/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *text;
    bool valid;
} names[] = {
    { "0123456789ABCDEF012", true },   { "FFFFFFFFFFFFFFFFFFF", true },
    { "0000000000000000000", true },   { "", false },
    { "0123456789ABCDEF01", false },   { "0123456789ABCDEF0123", false },
    { "0123456789abcdef012", false },  { "0123456789ABCDEF01G", false },
    { "0123456789ABCDEF01.", false },  { "../../../etc/passwd", false },
    { "0123456789ABCDE/012", false },  { " 123456789ABCDEF012", false },
    { "0123456789ABCDEF01\n", false }, { "0123456789ABCDEF01@", false },
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct queue_id id = { "before" };
        assert_int_equal(queue_id_parse(span_of(names[i].text), &id), names[i].valid ? 0 : -1);
        assert_string_equal(id.text, names[i].valid ? names[i].text : "before");
    }
    struct queue_id id;
    assert_int_equal(queue_id_parse((struct span){ "0123456789ABCDEF01\0", 19 }, &id), -1);
}

static const struct {
    int64_t us;
    const char *digits;
} times[] = {
    { 0, "0000000000000" },
    { 1, "0000000000001" },
    { -1, "0000000000000" },
    { 1795330324829786, "660D7EA44165A" },
    { ((int64_t)1 << 52) - 1, "FFFFFFFFFFFFF" },
};

static void test_time_goes_first(void **state)
{
    (void)state;
    ERR e = { 0 };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct queue_id id, again;
        assert_int_equal(queue_id_new(times[i].us, &id, &e), 0);
        assert_memory_equal(id.text, times[i].digits, QUEUE_ID_TIME);
        assert_int_equal(queue_id_created(&id), times[i].us / 1000000);
        assert_int_equal(queue_id_parse(span_of(id.text), &again), 0);
    }
}

/* 200 of one microsecond: a pair is equal once in 800 runs; three are not. */
static void test_random_part_differs(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct queue_id ids[200];
    size_t equal = 0;
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(queue_id_new(5, &ids[i], &e), 0);
    qsort(ids, 200, sizeof *ids, queue_id_compare);
    for (size_t i = 1; i < 200; i++)
        equal += queue_id_compare(&ids[i - 1], &ids[i]) == 0;
    assert_true(equal < 3);
}

static void test_sorts_by_age(void **state)
{
    (void)state;
    ERR e = { 0 };
    struct queue_id ids[4];
    const int64_t order[4] = { 9000000000, 17, 16, 2000000000000000 };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(queue_id_new(order[i], &ids[i], &e), 0);
    qsort(ids, 4, sizeof *ids, queue_id_compare);
    assert_memory_equal(ids[0].text, "0000000000010", QUEUE_ID_TIME);
    assert_memory_equal(ids[1].text, "0000000000011", QUEUE_ID_TIME);
    assert_memory_equal(ids[3].text, "71AFD498D0000", QUEUE_ID_TIME);
}

static void test_derived(void **state)
{
    (void)state;
    struct queue_id from, other;
    assert_int_equal(queue_id_parse(SPAN("660D7EA44165A55DBFE"), &from), 0);
    other = queue_id_derive(&from, SPAN("bounce 0"));
    struct queue_id again = queue_id_derive(&from, SPAN("bounce 0"));
    struct queue_id second = queue_id_derive(&from, SPAN("bounce 1"));
    assert_string_equal(other.text, again.text);
    assert_string_not_equal(other.text, from.text);
    assert_string_not_equal(other.text, second.text);
    assert_memory_equal(other.text, from.text, QUEUE_ID_TIME);
    assert_int_equal(queue_id_parse(span_of(other.text), &again), 0);
}

/* Those of 16 million originals whose sum is their own, or next to it. */
static void test_derived_is_never_the_original(void **state)
{
    (void)state;
    static const char *const own[] = { "660D7EA44165A5A6C96", "660D7EA44165A9287F7",
                                       "660D7EA44165AC19CB8" };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct queue_id from;
        assert_int_equal(queue_id_parse(span_of(own[i]), &from), 0);
        struct queue_id derived = queue_id_derive(&from, SPAN("x"));
        assert_string_not_equal(derived.text, from.text);
    }
}

static void test_nonces(void **state)
{
    ERR e = { 0 };
    const int64_t now = 1795330000, second = 1000000;
    char nonce[33], other[33];
    struct queue_id id, again, theirs;
    (void)state;
    assert_int_equal(queue_nonce_new(now * second + 5, nonce, &e), 0);
    assert_int_equal(queue_nonce_new(now * second + 5, other, &e), 0);
    assert_string_not_equal(nonce, other);
    assert_int_equal(queue_id_of_nonce(1000, span_of(nonce), now + 300, &id), 0);
    assert_int_equal(queue_id_of_nonce(1000, span_of(nonce), now - 300, &again), 0);
    assert_int_equal(queue_id_of_nonce(1001, span_of(nonce), now, &theirs), 0);
    assert_string_equal(id.text, again.text);
    assert_string_not_equal(id.text, theirs.text);
    assert_memory_equal(id.text, nonce, QUEUE_ID_TIME);
    assert_int_equal(queue_id_parse(span_of(id.text), &again), 0);
    assert_int_equal(queue_id_of_nonce(1000, span_of(nonce), now + 700, &id), -1);
    assert_int_equal(queue_id_of_nonce(1000, span_of(nonce), now - 700, &id), -1);
    assert_int_equal(queue_id_of_nonce(1000, SPAN("0123"), now, &id), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_time_goes_first),
        cmocka_unit_test(test_random_part_differs),
        cmocka_unit_test(test_sorts_by_age),
        cmocka_unit_test(test_derived),
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_derived_is_never_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
