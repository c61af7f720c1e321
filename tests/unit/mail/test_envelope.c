#include "mail/alias.h"
#include "mail/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct header make_header(struct arena *a, const char *const lines[][2])
{
    struct header h = { 0 };
    while (lines[h.n][0])
        h.n++;
    h.fields = arena_new(a, h.n, sizeof *h.fields);
    for (size_t i = 0; i < h.n; i++)
        h.fields[i] = (struct field){ .name = span_of(lines[i][0]), .value = span_of(lines[i][1]) };
    return h;
}

static void show_locals(const struct addr_list *list, struct buf *to)
{
    for (size_t i = 0; i < list->n; i++)
        buf_addf(to, "%s%s", i ? " " : "", list->items[i].local);
}

static void test_header_fields(void **state)
{
    (void)state;
    static const struct {
        const char *const lines[8][2];
        const char *locals;
    } rows[] = {
        { { { "To", " a@x, b@x" },
            { "cc ", " no@x" },
            { "CC", " c@x" },
            { "From", " no@x" },
            { "Bcc", "\r\n d@x,\r\n e@x" },
            { "to", "f@x" },
            { "Apparently-To", "no@x" } },
          "a b c d e f" },
        { { { "To", " no@x" },
            { "Resent-Bcc", " a@x" },
            { "Bcc", " no@x" },
            { "resent-to", " b@x" },
            { "Resent-Cc", " c@x" } },
          "a b c" },
        { { { "To", " no@x" }, { "Resent-Cc", "" } }, "" },
        { { { "Resent-From", " no@x" }, { "To", " undisclosed-recipients:;" } }, "" },
        { { { "Subject", " a@x" } }, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        BUF shown = { 0 };
        struct addr_list list = { 0 };
        struct header h = make_header(&arena, rows[i].lines);
        assert_int_equal(envelope_from_header(&arena, &h, &list, &e), 0);
        show_locals(&list, &shown);
        assert_string_equal(buf_string(&shown), rows[i].locals);
    }
}

static void test_bad_field(void **state)
{
    (void)state;
    static const char *const lines[][2] = { { "To", "a@x" }, { "Cc", " b@x, c@x d@x" }, { 0 } };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct addr_list list = { 0 };
    struct header h = make_header(&arena, lines);
    assert_int_equal(envelope_from_header(&arena, &h, &list, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
    assert_string_equal(e.text,
                        "Cc: address 2: a comma is missing, or quotes around a name: c@x d");
    assert_int_equal(list.n, 0);
}

struct recipients_row {
    const char *list;
    const char *host;
    const char *maildomain;
    const char *wires; /* or the error's text */
};

static int set_recipients(struct arena *a, const struct recipients_row *row,
                          struct aliases *aliases, struct envelope *env, struct err *e)
{
    struct addr_list list = { 0 };
    struct mail_opts opts = { .maildomain = row->maildomain };
    assert_int_equal(addr_parse_list(a, span_of(row->list), &list, e), 0);
    return envelope_set_recipients(a, env, &list, aliases, row->host, &opts, e);
}

static void check_recipients(const struct recipients_row *rows, size_t n, const char *alias_text)
{
    for (size_t i = 0; i < n; i++) {
        ARENA arena = { 0 };
        ERR e = { 0 };
        BUF shown = { 0 };
        struct aliases aliases = { 0 };
        struct strlist notes = { 0 };
        struct envelope env = { 0 };
        assert_int_equal(aliases_parse(&arena, &aliases, span_of(alias_text), "f", &notes, &e), 0);
        if (set_recipients(&arena, &rows[i], &aliases, &env, &e) < 0)
            buf_add_string(&shown, e.text);
        for (size_t k = 0; k < env.n_rcpts; k++)
            buf_addf(&shown, "%s%s", k ? " " : "", env.rcpts[k].wire);
        assert_string_equal(buf_string(&shown), rows[i].wires);
    }
}

static void test_recipients(void **state)
{
    (void)state;
    static const struct recipients_row rows[] = {
        { "a@x.example, b@x.example", "web1", NULL, "a@x.example b@x.example" },
        { "a@x.example, B@x.example, A@x.example, a@X.example, <a@x.example.>", "web1", NULL,
          "a@x.example B@x.example A@x.example" },
        { "a@bücher.example, a@XN--bcher-kva.example", "web1", NULL, "a@xn--bcher-kva.example" },
        { "\"a\"@x, \"a@X\"@x, \"a@x\"@x", "web1", NULL, "a@x \"a@X\"@x \"a@x\"@x" },
        { "joe", "web1", NULL, "joe: no such local name" },
        { "joe", "web1", "", "joe: no such local name" },
        { "joe", "web1", "d.example", "joe@d.example" },
        { "joe@localhost", "web1", "d.example", "joe@d.example" },
        { "joe@LOCALHOST.localdomain", "web1", "d.example", "joe@d.example" },
        { "joe@[127.0.0.1]", "web1", "d.example", "joe@d.example" },
        { "joe@web1, joe", "web1", "d.example", "joe@d.example" },
        { "joe@Web1.c.example", "web1.c.example", "d.example", "joe@d.example" },
        { "joe@web1", "web1.c.example", "d.example", "joe@d.example" },
        { "joe@web1.c.example", "web1", "d.example", "joe@web1.c.example" },
        { "joe@mail.example", "mail", NULL, "joe@mail.example" },
        { "joe@d.example", "d.example", "d.example", "joe@d.example" },
        { "joe", "web1", "bad domain", "joe@bad domain: the domain is no valid name" },
        { "a@x..y", "web1", NULL, "a@x..y: the domain has an empty part" },
        { "", "web1", NULL, "" },
    };
    check_recipients(rows, sizeof rows / sizeof *rows, "");
}

static void test_aliased_recipients(void **state)
{
    (void)state;
    static const struct recipients_row rows[] = {
        { "root", "web1", NULL, "admin@a.example" },
        { "ROOT@localhost", "web1", NULL, "admin@a.example" },
        { "root@web1", "web1", NULL, "admin@a.example" },
        { "root@x.example", "web1", NULL, "root@x.example" },
        { "team", "web1", "d.example", "admin@a.example ann@d.example" },
        { "team", "web1", NULL, "team: no such local name" },
        { "team, root, ann", "web1", "d.example", "admin@a.example ann@d.example" },
        { "none", "web1", "d.example", "alias none: no address is left of its value" },
        { "root@d.example", "d.example", "d.example", "root@d.example" },
    };
    check_recipients(rows, sizeof rows / sizeof *rows,
                     "root: admin@a.example\nteam: root, \\ann\nnone: /dev/null\n");
    static const struct recipients_row caught[] = {
        { "whoever, root", "web1", "d.example", "you@a.example admin@a.example" },
        { "whoever@x.example", "web1", NULL, "whoever@x.example" },
    };
    check_recipients(caught, sizeof caught / sizeof *caught,
                     "default: you@a.example\nroot: admin@a.example\n");
}

static void test_details(void **state)
{
    (void)state;
    static const struct recipients_row row = { "Joe <jörg@x.example>, (c) root@\r\n localhost",
                                               "web1", "d.example", NULL };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct envelope env = { .sender = "kept" };
    assert_int_equal(set_recipients(&arena, &row, NULL, &env, &e), 0);
    assert_int_equal(env.n_rcpts, 2);
    assert_true(env.rcpts[0].utf8);
    assert_string_equal(env.rcpts[0].original, "jörg@x.example");
    assert_false(env.rcpts[1].utf8);
    assert_string_equal(env.rcpts[1].wire, "root@d.example");
    assert_non_null(strstr(env.rcpts[1].original, "localhost"));
    assert_string_equal(env.sender, "kept");
}

static void test_unknown_name(void **state)
{
    (void)state;
    static const struct recipients_row row = { "a@x.example, joe", "web1", NULL, NULL };
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct rcpt kept;
    struct envelope env = { .rcpts = &kept, .n_rcpts = 1 };
    assert_int_equal(set_recipients(&arena, &row, NULL, &env, &e), -1);
    assert_int_equal(e.kind, ERR_NOUSER);
    assert_non_null(strstr(e.hint, "[aliases]"));
    assert_ptr_equal(env.rcpts, &kept);
    assert_int_equal(env.n_rcpts, 1);
}

static void test_many(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    ARENA arena = { 0 };
    ERR e = { 0 };
    BUF text = { 0 };
    for (int i = 0; i < MANY; i++)
        buf_addf(&text, "u%d@x.example,", i / 2);
    struct recipients_row row = { buf_string(&text), "web1", NULL, NULL };
    struct envelope env = { 0 };
    assert_int_equal(set_recipients(&arena, &row, NULL, &env, &e), 0);
    assert_int_equal(env.n_rcpts, MANY / 2);
    assert_string_equal(env.rcpts[MANY / 2 - 1].wire, "u9999@x.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_fields), cmocka_unit_test(test_bad_field),
        cmocka_unit_test(test_recipients),    cmocka_unit_test(test_aliased_recipients),
        cmocka_unit_test(test_details),       cmocka_unit_test(test_unknown_name),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
