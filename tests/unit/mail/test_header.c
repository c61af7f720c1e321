#include "mail/header.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_span(struct span got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.at, want, got.len);
}

static void test_field_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool is_field;
    } rows[] = {
        { "Subject: x", true },
        { "Subject:", true },
        { "bCc : x", true },
        { "X \t : y", true },
        { "From : a@b", true },
        { "X-1!#$%&'*+/=?^_`{|}~-:", true },
        { "", false },
        { ":", false },
        { " Subject: x", false },
        { "no header", false },
        { "a b: c", false },
        { "From joe Thu Jan 1", false },
        { ">From joe", false },
        { "no-colon-here", false },
        { "caf\xc3\xa9: x", false },
        { "tab\there: x", false },
        { ": value", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(header_is_field_line(span_of(rows[i].line)), rows[i].is_field);
}

static void test_name_length_is_limited(void **state)
{
    (void)state;
    char line[HEADER_LINE_MAX + 2];
    memset(line, 'x', sizeof line);
    line[HEADER_LINE_MAX - 1] = ':';
    assert_true(header_is_field_line((struct span){ line, sizeof line }));
    line[HEADER_LINE_MAX - 1] = 'x';
    line[HEADER_LINE_MAX] = ':';
    assert_false(header_is_field_line((struct span){ line, sizeof line }));
}

static const char block[] = "To: a@b,\r\n\tc@d\r\n"
                            "bCc : hidden@x\r\n"
                            "Empty:\r\n"
                            "Subject:  two\r\n  lines \r\n"
                            "to:again\r\n";

static void test_parse(void **state)
{
    (void)state;
    ARENA a = { 0 };
    struct header h;
    header_parse(&a, span_of(block), &h);
    assert_int_equal(h.n, 5);
    assert_span(h.fields[0].name, "To");
    assert_span(h.fields[0].value, " a@b,\r\n\tc@d");
    assert_span(h.fields[0].raw, "To: a@b,\r\n\tc@d\r\n");
    assert_span(h.fields[1].name, "bCc");
    assert_span(h.fields[1].value, " hidden@x");
    assert_span(h.fields[2].name, "Empty");
    assert_span(h.fields[2].value, "");
    assert_span(h.fields[4].value, "again");
    assert_string_equal(header_value(&a, &h.fields[0]), "a@b,\tc@d");
    assert_string_equal(header_value(&a, &h.fields[2]), "");
    assert_string_equal(header_value(&a, &h.fields[3]), "two  lines");
}

static void test_parse_nothing(void **state)
{
    (void)state;
    ARENA a = { 0 };
    struct header h;
    header_parse(&a, (struct span){ 0 }, &h);
    assert_int_equal(h.n, 0);
    assert_false(header_has(&h, "To"));
}

static void test_find(void **state)
{
    (void)state;
    ARENA a = { 0 };
    struct header h;
    header_parse(&a, span_of(block), &h);
    assert_ptr_equal(header_find(&h, "TO", 0), &h.fields[0]);
    assert_ptr_equal(header_find(&h, "TO", 1), &h.fields[4]);
    assert_null(header_find(&h, "TO", 5));
    assert_true(header_has(&h, "BCC"));
    assert_false(header_has(&h, "Cc"));
}

static void print(const struct header *h, struct buf *to)
{
    for (size_t i = 0; i < h->n; i++)
        buf_add_span(to, h->fields[i].raw);
}

static void test_changes(void **state)
{
    (void)state;
    ARENA a = { 0 };
    BUF text = { 0 };
    struct header h;
    header_parse(&a, span_of(block), &h);
    assert_int_equal(header_remove(&h, "TO"), 2);
    assert_int_equal(header_remove(&h, "To"), 0);
    header_insert(&a, &h, 1, SPAN("Date: now\r\n"));
    header_append(&a, &h, SPAN("X: y\r\n"));
    header_replace(&h, 0, SPAN("Cc: z\r\n"));
    print(&h, &text);
    assert_string_equal(buf_string(&text), "Cc: z\r\nDate: now\r\nEmpty:\r\n"
                                           "Subject:  two\r\n  lines \r\nX: y\r\n");
    assert_span(h.fields[4].name, "X");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_lines), cmocka_unit_test(test_name_length_is_limited),
        cmocka_unit_test(test_parse),       cmocka_unit_test(test_parse_nothing),
        cmocka_unit_test(test_find),        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
