#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/srv.h"

#include <string.h>

#define HEADER(answers) "\0\1\201\200\0\1\0" answers "\0\0\0\0"
#define QUESTION        "\1x\0\0\41\0\1"            /* at 12 */
#define ANSWER          "\300\14\0\41\0\1\0\0\0\74" /* the name is the question's */
#define LEN(octets)     ((struct span){ octets, sizeof(octets) - 1 })

static const struct {
    struct span message;
    const char *want; /* "priority weight port host;" each; NULL: malformed */
} messages[] = {
    { LEN(HEADER("\0") QUESTION), "" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\13\0\1\0\2\1\321\3\163\155A\0"), "1 2 465 sma;" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\14\0\1\0\2\1\321\4SMa-\0"), "1 2 465 sma-;" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\12\0\1\0\2\1\321\1a\300\14"), "1 2 465 a.x;" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\7\0\0\0\0\0\0\0"), "0 0 0 ;" },
    { LEN(HEADER("\2") QUESTION ANSWER "\0\11\0\5\0\0\2\113\1a\0" ANSWER
                                       "\0\11\0\3\377\377\2\113\1b\0"),
      "5 0 587 a;3 65535 587 b;" },
    /* another type, another class */
    { LEN(HEADER("\2") QUESTION "\300\14\0\5\0\1\0\0\0\74\0\2\1c"
                                "\300\14\0\41\0\3\0\0\0\74\0\11\0\1\0\2\1\321\1a\0"),
      "" },
    /* no host names: an empty octet, a blank, a leading hyphen; no port */
    { LEN(HEADER("\1") QUESTION ANSWER "\0\12\0\1\0\2\1\321\2a\0\0"), "" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\12\0\1\0\2\1\321\2a \0"), "" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\12\0\1\0\2\1\321\2-a\0"), "" },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\11\0\1\0\2\0\0\1a\0"), "" },
    /* cut off */
    { LEN(""), NULL },
    { LEN("\0\1\201\200\0\1\0\1\0\0\0"), NULL },
    { LEN(HEADER("\1")), NULL },
    { LEN(HEADER("\1") QUESTION), NULL },
    { LEN(HEADER("\1") QUESTION "\300"), NULL },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\11\0\1\0\2\1\321\1"), NULL },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\5\0\1\0\2\1"), NULL },
    { LEN(HEADER("\1") QUESTION "\100x\0"), NULL },
    /* pointers: to itself, forwards, far out */
    { LEN(HEADER("\1") QUESTION ANSWER "\0\10\0\1\0\2\1\321\300\45"), NULL },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\10\0\1\0\2\1\321\300\57\1a\0"), NULL },
    { LEN(HEADER("\1") QUESTION ANSWER "\0\10\0\1\0\2\1\321\377\377"), NULL },
};

static void an_answer_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF text = { 0 };
        struct srv_records records = { 0 };
        int done = srv_parse(&a, messages[i].message, true, &records, &e);
        for (size_t k = 0; k < records.n; k++) {
            const struct srv_record *r = &records.items[k];
            assert_true(r->implicit);
            buf_addf(&text, "%u %u %u %s;", r->priority, r->weight, r->port, r->host);
        }
        if ((done == 0) != (messages[i].want != NULL))
            fail_msg("message %zu: %d", i, done);
        if (done < 0)
            assert_int_equal(e.kind, ERR_LOOKUP);
        else if (strcmp(buf_string(&text), messages[i].want) != 0)
            fail_msg("message %zu: %s", i, buf_string(&text));
    }
}

static void no_more_than_some_are_taken(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF message = { 0 };
    struct srv_records records = { 0 };
    buf_add_span(&message, LEN(HEADER("\377") QUESTION));
    for (int i = 0; i < 255; i++)
        buf_add_span(&message, LEN(ANSWER "\0\11\0\1\0\2\1\321\1a\0"));
    assert_int_equal(srv_parse(&a, buf_span(&message), false, &records, &e), 0);
    assert_int_equal(records.n, 64);
    assert_false(records.items[63].implicit);
}

static void sort(struct srv_record *items, size_t n, uint64_t seed, char *order)
{
    struct srv_records records = { items, n, n };
    srv_sort(&records, seed);
    for (size_t i = 0; i < n; i++)
        order[i] = items[i].host[0];
    order[n] = '\0';
}

static void priority_goes_before_tls(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct srv_record items[] = {
            { 20, 9, 1, true, "d" },  { 10, 9, 1, false, "c" }, { 10, 0, 1, true, "b" },
            { 20, 9, 1, false, "e" }, { 0, 0, 1, false, "a" },
        };
        char order[6];
        sort(items, 5, seed, order);
        assert_string_equal(order, "abcde");
    }
}

/* How often each comes first, in per cent: 10 : 30 : 60, and one of no weight hardly ever. */
static void weights_are_chances(void **state)
{
    unsigned first[4] = { 0 };
    (void)state;
    for (uint64_t seed = 0; seed < 10000; seed++) {
        struct srv_record items[] = {
            { 1, 60, 1, true, "c" },
            { 1, 10, 1, true, "a" },
            { 1, 0, 1, true, "d" },
            { 1, 30, 1, true, "b" },
        };
        char order[5];
        sort(items, 4, seed, order);
        first[order[0] - 'a']++;
        for (const char *c = "abcd"; *c; c++)
            assert_non_null(strchr(order, *c));
    }
    assert_in_range(first[0], 800, 1200);
    assert_in_range(first[1], 2700, 3300);
    assert_in_range(first[2], 5600, 6300);
    assert_in_range(first[3], 1, 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(no_more_than_some_are_taken),
        cmocka_unit_test(priority_goes_before_tls),
        cmocka_unit_test(weights_are_chances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
