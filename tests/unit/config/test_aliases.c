#include "config/config.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>

static void test_file(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    struct addr_list list = { 0 };
    (void)state;
    fixture_init(&f);
    const char *path = arena_printf(&f.arena, "%s/aliases", f.root);
    fixture_write(f.user,
                  arena_printf(&f.arena,
                               "[account a]\nhost = h\naliases = %s\n[aliases]\nroot = r@b.c\n",
                               path),
                  0644);
    fixture_write(path, "root: x@b.c\njoe: j@b.c\n", 0644);
    c = fixture_loaded(&f);
    assert_int_equal(config_aliases(&c, &c.accounts[0], &e), 0);
    assert_int_equal(aliases_expand(&c.arena, &c.aliases, "root", &list, &e), 1);
    assert_int_equal(aliases_expand(&c.arena, &c.aliases, "joe", &list, &e), 1);
    assert_string_equal(list.items[0].local, "r");
    assert_string_equal(list.items[1].local, "j");
    config_done(&c);
    fixture_done(&f);
}

static void test_mistakes(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    const char *path = arena_printf(&f.arena, "%s/aliases", f.root);
    struct account account = { .mail.aliases = path };
    assert_int_equal(config_aliases(&c, &account, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_non_null(strstr(e.text, "/aliases: the aliases cannot be read: No such file"));
    fixture_write(path, "root: x@b.c\njoe j@b.c\n", 0644);
    assert_int_equal(config_aliases(&c, &account, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_non_null(strstr(e.text, "/aliases:2"));
    config_done(&c);
    fixture_done(&f);
}

/* No descriptor is left: that says nothing about the file, the usual one included. */
static void test_no_descriptors(void **state)
{
    static const char *const paths[] = { "/nowhere/at/all", NULL };
    struct rlimit usual;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ERR e = { 0 };
        struct config c = { 0 };
        struct account account = { .mail.aliases = paths[i] };
        struct rlimit none = { .rlim_cur = 0, .rlim_max = usual.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        int done = config_aliases(&c, &account, &e);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
        assert_int_equal(done, -1);
        assert_int_equal(e.kind, ERR_SYSTEM);
        assert_non_null(strstr(e.text, "the aliases cannot be read"));
        config_done(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
