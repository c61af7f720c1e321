#include "mail/alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct aliases aliases;
    struct strlist notes;
};

static void fill(struct fixture *f)
{
    static const struct {
        const char *name;
        const char *value;
    } rows[] = {
        { "root", "admin@a.example" },
        { "root", "second@a.example" }, /* the first stays */
        { "team", "root, joe@a.example, \"B, C\" <bc@a.example>,, ann" },
        { "postmaster", "ROOT" },
        { "joe", "joe, joe@elsewhere.example" },
        { "kim", "\\kim, kim@elsewhere.example" },
        { "prog",
          "|/bin/cat, \"|/bin/cat a, b\", /var/mail/x, \":include:/etc/list\", :include:/x" },
        { "mixed", "/dev/null, x@a.example" },
        { "empty", "" },
        { "ping", "pong" },
        { "pong", "ping" },
        { "local", "root@localhost" },
        { "twice", "root, root, postmaster" },
        { "d1", "d2" },
        { "d2", "d3" },
        { "d3", "d4" },
        { "d4", "d5" },
        { "d5", "d6" },
        { "d6", "d7" },
        { "d7", "d8" },
        { "d8", "d9" },
        { "d9", "d10" },
        { "d10", "d11" },
        { "d11", "x@a.example" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        assert_int_equal(aliases_add(&f->arena, &f->aliases, span_of(rows[i].name),
                                     span_of(rows[i].value), &f->notes, &e),
                         0);
    }
}

static int setup(void **state)
{
    struct fixture *f = mem_new(1, sizeof *f);
    fill(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_done(&f->arena);
    free(f);
    return 0;
}

/* "local@domain local …", or the error's text. */
static int expand(struct fixture *f, const char *name, struct buf *shown)
{
    ERR e = { 0 };
    struct addr_list list = { 0 };
    int rc = aliases_expand(&f->arena, &f->aliases, name, &list, &e);
    for (size_t i = 0; i < list.n; i++)
        buf_addf(shown, "%s%s%s%s", i ? " " : "", list.items[i].local,
                 *list.items[i].domain ? "@" : "", list.items[i].domain);
    if (rc < 0) {
        assert_int_equal(e.kind, ERR_CONFIG);
        buf_add_string(shown, e.text);
    }
    return rc;
}

static void test_expand(void **state)
{
    static const struct {
        const char *name;
        int rc;
        const char *shown;
    } rows[] = {
        { "root", 1, "admin@a.example" },
        { "Root", 1, "admin@a.example" },
        { "nobody", 0, "" },
        { "team", 1, "admin@a.example joe@a.example bc@a.example ann" },
        { "postmaster", 1, "admin@a.example" },
        { "joe", 1, "joe joe@elsewhere.example" },
        { "kim", 1, "kim kim@elsewhere.example" },
        { "mixed", 1, "x@a.example" },
        { "local", 1, "admin@a.example" },
        { "twice", 1, "admin@a.example" },
        { "d2", 1, "x@a.example" },
        { "d1", -1, "alias d11: more than 10 aliases lead to it" },
        { "ping", -1, "alias ping: the alias leads back to itself" },
        { "prog", -1, "alias prog: no address is left of its value" },
        { "empty", -1, "alias empty: no address is left of its value" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF shown = { 0 };
        assert_int_equal(expand(*state, rows[i].name, &shown), rows[i].rc);
        assert_string_equal(buf_string(&shown), rows[i].shown);
    }
}

static void add(struct fixture *f, const char *name, const char *value)
{
    ERR e = { 0 };
    assert_int_equal(
        aliases_add(&f->arena, &f->aliases, span_of(name), span_of(value), &f->notes, &e), 0);
}

static void test_catch_all(void **state)
{
    struct fixture *f = *state;
    BUF shown = { 0 };
    add(f, "*", "star@a.example");
    assert_int_equal(expand(f, "nobody", &shown), 1);
    assert_string_equal(buf_string(&shown), "star@a.example");
    buf_clear(&shown);
    add(f, "default", "you, nobody, you@a.example");
    assert_int_equal(expand(f, "nobody", &shown), 1);
    assert_string_equal(buf_string(&shown), "you nobody you@a.example");
    buf_clear(&shown);
    assert_int_equal(expand(f, "team", &shown), 1);
    assert_string_equal(buf_string(&shown),
                        "admin@a.example joe@a.example bc@a.example you nobody you@a.example");
    buf_clear(&shown);
    assert_int_equal(expand(f, "root", &shown), 1);
    assert_string_equal(buf_string(&shown), "admin@a.example");
}

static void test_notes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(f->notes.n, 6);
    assert_string_equal(f->notes.items[1],
                        "alias prog: skipped, as only addresses and names can be "
                        "mailed: \"|/bin/cat a, b\"");
}

static void test_bad_value(void **state)
{
    struct fixture *f = *state;
    ERR e = { 0 };
    size_t before = f->aliases.n;
    assert_int_equal(
        aliases_add(&f->arena, &f->aliases, SPAN("ro\not"), SPAN("a@b, c d"), &f->notes, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(e.text, "alias ro ot: a comma is missing, or quotes around a name: c d");
    assert_int_equal(f->aliases.n, before);
}

static void test_list_untouched(void **state)
{
    struct fixture *f = *state;
    ERR e = { 0 };
    struct addr kept = { .local = "kept" };
    struct addr_list list = { &kept, 1, 1 };
    assert_int_equal(aliases_expand(&f->arena, &f->aliases, "ping", &list, &e), -1);
    assert_int_equal(list.n, 1);
    assert_int_equal(aliases_expand(&f->arena, &f->aliases, "nobody", &list, &e), 0);
    assert_int_equal(list.n, 1);
    assert_int_equal(aliases_expand(&f->arena, &f->aliases, "root", &list, &e), 1);
    assert_int_equal(list.n, 2);
    assert_string_equal(list.items[0].local, "kept");
}

/* Nine lists, each of which names the next one thirty times: a tree of 30^9 leaves. */
static void test_no_explosion(void **state)
{
    struct fixture *f = *state;
    BUF shown = { 0 };
    for (int i = 0; i < 9; i++) {
        BUF value = { 0 };
        for (int k = 0; k < 30; k++)
            buf_addf(&value, "x%d,", i + 1);
        add(f, arena_printf(&f->arena, "x%d", i), buf_string(&value));
    }
    add(f, "x9", "end@a.example");
    assert_int_equal(expand(f, "x0", &shown), 1);
    assert_string_equal(buf_string(&shown), "end@a.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_expand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_catch_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_value, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_untouched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_explosion, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
