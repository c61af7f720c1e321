#include "mail/alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_file(void **state)
{
    (void)state;
    static const char text[] = "# aliases\n"
                               "  # a comment behind blanks\n"
                               "\n"
                               "root: admin@a.example,\n"
                               "# in between\n"
                               "\n"
                               "\t second@a.example\n"
                               "   \n"
                               "\"two words\": tw@a.example\r\n"
                               "\"a:b\" : ab@a.example\n"
                               "spaced :spaced@a.example\n"
                               "colon: \":include:/x\", c@a.example\n"
                               "last:\n"
                               "  last@a.example";
    static const struct {
        const char *name;
        size_t n;
        const char *first;
    } rows[] = {
        { "root", 2, "admin" },    { "two words", 1, "tw" }, { "a:b", 1, "ab" },
        { "spaced", 1, "spaced" }, { "colon", 1, "c" },      { "last", 1, "last" },
    };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct aliases aliases = { 0 };
    struct strlist notes = { 0 };
    assert_int_equal(aliases_parse(&arena, &aliases, span_of(text), "f", &notes, &e), 0);
    assert_int_equal(aliases.n, sizeof rows / sizeof *rows);
    assert_int_equal(notes.n, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addr_list list = { 0 };
        assert_int_equal(aliases_expand(&arena, &aliases, rows[i].name, &list, &e), 1);
        assert_int_equal(list.n, rows[i].n);
        assert_string_equal(list.items[0].local, rows[i].first);
    }
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        const char *message;
    } rows[] = {
        { SPAN("a: b\n\nroot admin@a.example\n"), "f:3: no alias; write name: address" },
        { SPAN(": b\n"), "f:1: no alias; write name: address" },
        { SPAN("\"a: b\n"), "f:1: no alias; write name: address" },
        { SPAN("\"\": b\n"), "f:1: no alias; write name: address" },
        { SPAN("a\0: b\n"), "f:1: no alias; write name: address" },
        { SPAN("# x\n  b\n"),
          "f:2: a continuation line (it begins with a blank) without an entry" },
        { SPAN("\na: b,\n c d\nx: y\n"),
          "f:2: alias a: a comma is missing, or quotes around a name: c d" },
        { SPAN("a: b\0c\n"), "f:1: alias a: a line break or NUL: b\\x00" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        struct aliases aliases = { 0 };
        struct strlist notes = { 0 };
        assert_int_equal(aliases_parse(&arena, &aliases, rows[i].text, "f", &notes, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_string_equal(e.text, rows[i].message);
    }
}

static void test_empty_file(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct aliases aliases = { 0 };
    struct strlist notes = { 0 };
    assert_int_equal(aliases_parse(&arena, &aliases, SPAN(""), "f", &notes, &e), 0);
    assert_int_equal(aliases_parse(&arena, &aliases, SPAN("#\n\n \n"), "f", &notes, &e), 0);
    assert_int_equal(aliases.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_empty_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
