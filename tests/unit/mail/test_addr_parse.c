#include "mail/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* local|domain|name;… of a list; a NULL name is left out with its bar. */
static void show_list(const struct addr_list *list, struct buf *to)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct addr *addr = &list->items[i];
        buf_addf(to, "%s%s|%s", i ? ";" : "", addr->local, addr->domain);
        if (addr->name)
            buf_addf(to, "|%s", addr->name);
    }
}

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *list;
    } rows[] = {
        { "", "" },
        { " , ,, ", "" },
        { "<>", "" },
        { "<>, <>", "" },
        { "undisclosed-recipients:;", "" },
        { "undisclosed-recipients: (none) ;", "" },
        { "undisclosed-recipients:", "" },
        { "root", "root|" },
        { "root, joe", "root|;joe|" },
        { "root (Cron Daemon)", "root||Cron Daemon" },
        { "root@localhost (Cron \\(Daemon\\))", "root|localhost|Cron (Daemon)" },
        { "joe@a.example", "joe|a.example" },
        { "joe@a.example,", "joe|a.example" },
        { ",joe@a.example", "joe|a.example" },
        { "<joe@a.example>", "joe|a.example" },
        { "Joe Doe <joe@a.example>", "joe|a.example|Joe Doe" },
        { "Joe Q. Public <joe@a.example>", "joe|a.example|Joe Q. Public" },
        { "J.R. <joe@a.example>", "joe|a.example|J.R." },
        { "\"Doe, Joe \\\"X\\\"\" <joe@a.example> (c)", "joe|a.example|Doe, Joe \"X\"" },
        { "\"\" <joe@a.example>", "joe|a.example" },
        { "Joe (the) Doe <joe@a.example>", "joe|a.example|Joe Doe" },
        { "<joe@a.example> (Joe)", "joe|a.example|Joe" },
        { "=?UTF-8?Q?J=C3=B6rg?= X <j@a.example>", "j|a.example|=?UTF-8?Q?J=C3=B6rg?= X" },
        { "Jörg <jörg@bücher.example>", "jörg|bücher.example|Jörg" },
        { "J\xf6rg <j@a.example>", "j|a.example|J\xf6rg" },
        { "joe@a.example <joe@a.example>", "joe|a.example|joe@a.example" },
        { "[list] Joe <joe@a.example>", "joe|a.example|[list] Joe" },
        { "Undisc: a@b.example, \"B, C\" <d@e.example> (com, ment), g (c) @ h.example;\r\n "
          ",<@r.example:j@k.example>",
          "a|b.example;d|e.example|B, C;g|h.example|c;j|k.example" },
        { "\"q\\\"r\"@s.example", "q\"r|s.example" },
        { "\"a b\".c@d", "a b.c|d" },
        { "\"a@b\"@c", "a@b|c" },
        { "a . b @ c . d", "a.b|c.d" },
        { "a..b@c", "a..b|c" },
        { ".a@c", ".a|c" },
        { "a.@c", "a.|c" },
        { "a@c.", "a|c." },
        { "a@c..d", "a|c..d" }, /* no valid name, but whoever sends there is told */
        { "<@a,@b:c@d>", "c|d" },
        { "<@a, (x) @b.c : c@d>", "c|d|x" },
        { "<,@a:c@d>", "c|d" },
        { "a@[192.0.2.1]", "a|[192.0.2.1]" },
        { "a@[IPv6:2001:db8::1]", "a|[IPv6:2001:db8::1]" },
        { "(x)a(y)@(z)b(w)", "a|b|w" },
        { "g1: a@b; , g2: c@d, e@f;, h@i", "a|b;c|d;e|f;h|i" },
        { "a@b,\r\n\tc@d\r\n ", "a|b;c|d" },
        { "-oQ/tmp@x", "-oQ/tmp|x" },
        { "|/bin/sh", "|/bin/sh|" },
        { "/etc/passwd", "/etc/passwd|" },
        { "a!b%c@d", "a!b%c|d" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        BUF shown = { 0 };
        struct addr_list list = { 0 };
        if (addr_parse_list(&arena, span_of(rows[i].text), &list, &e) < 0)
            fail_msg("%s: %s", rows[i].text, e.text);
        show_list(&list, &shown);
        assert_string_equal(buf_string(&shown), rows[i].list);
    }
}

#define OCTETS64 "1234567890123456789012345678901234567890123456789012345678901234"

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        const char *message;
    } rows[] = {
        { SPAN("a@b c@d"), "address 1: a comma is missing, or quotes around a name: a@b c" },
        { SPAN("x, a b"), "address 2: a comma is missing, or quotes around a name: a b" },
        { SPAN("Joe <a@b> <c@d>"),
          "address 1: a comma is missing, or quotes around a name: Joe <a@b> <" },
        { SPAN("<a b@c>"), "address 1: a comma is missing, or quotes around a name: <a b" },
        { SPAN("a, \"b"), "address 2: a quoted string is not closed: \"b" },
        { SPAN("Joe \"b"), "address 1: a quoted string is not closed: Joe \"b" },
        { SPAN("a (b"), "address 1: a comment is not closed: a (b" },
        { SPAN("a@[1.2.3.4"), "address 1: a square bracket is not closed: a@[1.2.3.4" },
        { SPAN("<a@b"), "address 1: a closing angle bracket is missing: <a@b" },
        { SPAN("<a@b, c@d>"), "address 1: a misplaced character: <a@b," },
        { SPAN("a@b>"), "address 1: a misplaced character: a@b>" },
        { SPAN("a@b@c"), "address 1: a misplaced character: a@b@" },
        { SPAN("a@b;c@d"),
          "address 1: a semicolon without a group; a comma divides addresses: a@b;" },
        { SPAN("a@b:c"), "address 1: a misplaced colon: a@b:" },
        { SPAN(":a"), "address 1: a misplaced colon: :" },
        { SPAN("g: h: a@b;;"), "address 1: a misplaced colon: h:" },
        { SPAN("g: a@b; c@d"), "address 2: a comma is missing, or quotes around a name: a@b; c" },
        { SPAN("<@a c@d>"), "address 1: a route without its colon: <@a c@d>" },
        { SPAN("@b"), "address 1: the local part is missing: @" },
        { SPAN("a@"), "address 1: the domain is missing: a@" },
        { SPAN("a@,b"), "address 1: the domain is missing: a@," },
        { SPAN("."), "address 1: the local part is missing: ." },
        { SPAN("\"\"@b"), "address 1: the local part is empty: \"\"@b" },
        { SPAN("a@\"b\""), "address 1: the domain is missing: a@\"b\"" },
        { SPAN("a)"), "address 1: a character that must be quoted: a)" },
        { SPAN("a\\b"), "address 1: a character that must be quoted: a\\" },
        { SPAN("a@b\r\nBcc: c@d"), "address 1: a line break or NUL: a@b\\x0d" },
        { SPAN("a@x\nBcc: c@x"), "address 1: a line break or NUL: a@x " },
        { SPAN("x@y\r z"), "address 1: a line break or NUL: x@y\\x0d" },
        { SPAN("a@b\0"), "address 1: a line break or NUL: a@b\\x00" },
        { SPAN("\"a\nb\"@c"), "address 1: a line break or NUL: \"a " },
        { SPAN("a\x01@b"), "address 1: a control character: a\\x01" },
        { SPAN("\"a\x01\"@b"), "address 1: a control character in the local part: \"a\\x01\"@b" },
        { SPAN("\"a\tb\"@c"), "address 1: a control character in the local part: \"a\\x09b\"@c" },
        { SPAN("\xe9@b"), "address 1: the local part is not UTF-8: \\xe9@b" },
        { SPAN("a@\xe9"), "address 1: the domain is not UTF-8: a@\\xe9" },
        { SPAN("a@[1.2.3]"), "address 1: a bad address in square brackets; write [192.0.2.1] or "
                             "[IPv6:2001:db8::1]: a@[1.2.3]" },
        { SPAN(OCTETS64 "5@b.example"),
          "address 1: the local part is longer than 64 octets: "
          "...67890123456789012345678901234567890123456789012345@b.example" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        struct addr kept = { .local = "kept" };
        struct addr_list list = { &kept, 1, 1 };
        assert_int_equal(addr_parse_list(&arena, rows[i].text, &list, &e), -1);
        assert_int_equal(e.kind, ERR_DATA);
        if (strcmp(e.text, rows[i].message) != 0)
            print_message("# %s\n", e.text);
        assert_string_equal(e.text, rows[i].message);
        assert_int_equal(list.n, 1);
        assert_ptr_equal(list.items, &kept);
    }
}

static void test_limits(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr addr;
    assert_int_equal(addr_parse_one(&arena, SPAN(OCTETS64 "@b"), &addr, &e), 0);
    BUF text = { 0 };
    buf_add_string(&text, "a@");
    for (size_t i = 0; i < 255; i++)
        buf_add_char(&text, i % 50 == 49 ? '.' : 'x');
    assert_int_equal(addr_parse_one(&arena, buf_span(&text), &addr, &e), 0);
    buf_add_char(&text, 'x');
    assert_int_equal(addr_parse_one(&arena, buf_span(&text), &addr, &e), -1);
    assert_non_null(strstr(e.text, "255"));
}

static void test_spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *mailbox;
        const char *spec;
        bool angle;
    } rows[] = {
        { " root ", "root", "root", false },
        { "root (Cron Daemon)", "root (Cron Daemon)", "root", false },
        { "\r\n (x) root\r\n (y) ", "(x) root\r\n (y)", "root", false },
        { " Joe <root> (x) ", "Joe <root> (x)", "root", true },
        { "<@a,@b: c . d >", "<@a,@b: c . d >", "c . d", true },
        { "g (c) @ h . example ;", NULL, NULL, false },
        { "G: g (c) @ h . example ;", "g (c) @ h . example", "g (c) @ h . example", false },
        { "\"a b\"@c", "\"a b\"@c", "\"a b\"@c", false },
        { "a@[192.0.2.1] (x)", "a@[192.0.2.1] (x)", "a@[192.0.2.1]", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        struct addr_list list = { 0 };
        int rc = addr_parse_list(&arena, span_of(rows[i].text), &list, &e);
        assert_int_equal(rc, rows[i].spec ? 0 : -1);
        if (rc < 0)
            continue;
        assert_int_equal(list.n, 1);
        assert_true(span_is(list.items[0].text, rows[i].mailbox));
        assert_true(span_is(list.items[0].spec, rows[i].spec));
        assert_int_equal(list.items[0].angle, rows[i].angle);
    }
}

static void test_spans_in_list(void **state)
{
    (void)state;
    static const char text[] = "a , G: \"b\" <c> , d(e);, f";
    static const char *const mailboxes[] = { "a", "\"b\" <c>", "d(e)", "f" };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr_list list = { 0 };
    assert_int_equal(addr_parse_list(&arena, span_of(text), &list, &e), 0);
    assert_int_equal(list.n, 4);
    for (size_t i = 0; i < list.n; i++)
        assert_true(span_is(list.items[i].text, mailboxes[i]));
    assert_ptr_equal(list.items[1].spec.at, text + 12);
}

static void test_appends(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr_list list = { 0 };
    assert_int_equal(addr_parse_list(&arena, SPAN("a, b, c"), &list, &e), 0);
    assert_int_equal(addr_parse_list(&arena, SPAN("d, e, \""), &list, &e), -1);
    assert_int_equal(addr_parse_list(&arena, SPAN("f, g"), &list, &e), 0);
    BUF shown = { 0 };
    show_list(&list, &shown);
    assert_string_equal(buf_string(&shown), "a|;b|;c|;f|;g|");
}

static void test_one(void **state)
{
    (void)state;
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr addr = { .local = "untouched" };
    assert_int_equal(addr_parse_one(&arena, SPAN(""), &addr, &e), -1);
    assert_string_equal(e.text, "an address is missing");
    assert_int_equal(addr_parse_one(&arena, SPAN("<>"), &addr, &e), -1);
    assert_int_equal(addr_parse_one(&arena, SPAN("a, b"), &addr, &e), -1);
    assert_string_equal(e.text, "only one address is allowed here: a, b");
    assert_int_equal(addr_parse_one(&arena, SPAN("a b"), &addr, &e), -1);
    assert_string_equal(e.text, "a comma is missing, or quotes around a name: a b");
    assert_string_equal(addr.local, "untouched");
    assert_int_equal(addr_parse_one(&arena, SPAN("Joe <a@b>"), &addr, &e), 0);
    assert_string_equal(addr.local, "a");
    assert_false(addr.null);
}

static void test_sender(void **state)
{
    (void)state;
    static const char *const nulls[] = { "", "  ", "<>", " < > ", "(x) <> (y)" };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr addr;
    for (size_t i = 0; i < sizeof nulls / sizeof *nulls; i++) {
        addr = (struct addr){ 0 };
        assert_int_equal(addr_parse_sender(&arena, span_of(nulls[i]), &addr, &e), 0);
        assert_true(addr.null);
        assert_string_equal(addr.local, "");
        assert_string_equal(addr.domain, "");
    }
    assert_int_equal(addr_parse_sender(&arena, SPAN("Joe <joe@a.example>"), &addr, &e), 0);
    assert_false(addr.null);
    assert_string_equal(addr.domain, "a.example");
    assert_int_equal(addr_parse_sender(&arena, SPAN("a@x>\r\nRCPT TO:<inj@x"), &addr, &e), -1);
    assert_int_equal(addr_parse_sender(&arena, SPAN("<>, <>"), &addr, &e), -1);
    assert_int_equal(addr_parse_sender(&arena, SPAN(","), &addr, &e), -1);
}

/* A quadratic parser would need minutes for these. */
static void test_long_input(void **state)
{
    (void)state;
    static const char *const pieces[] = { "a,",   "a.",  "a ",  "(",   "\"a\" ",
                                          "g:;,", "<@a", "@a,", "[x]", "\r\n " };
    clock_t start = clock();
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        BUF text = { 0 };
        struct addr_list list = { 0 };
        while (text.len < 300000)
            buf_add_string(&text, pieces[i]);
        int rc = addr_parse_list(&arena, buf_span(&text), &list, &e);
        assert_true(rc == 0 || e.kind == ERR_DATA);
    }
    assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_spans),
        cmocka_unit_test(test_spans_in_list), cmocka_unit_test(test_appends),
        cmocka_unit_test(test_one),           cmocka_unit_test(test_sender),
        cmocka_unit_test(test_long_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
