#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

static void test_new(void **state)
{
    static const size_t sizes[] = { 1, 3, 16, 999, 1000, 1001, 3999, 4000, 4001, 100000, 0 };
    char *objects[sizeof sizes / sizeof *sizes * 20];
    size_t n = 0;
    ARENA a = { 0 };
    (void)state;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char *object = arena_new(&a, sizes[i], 1);
            assert_non_null(object);
            assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(object[at], 0);
            memset(object, (int)n % 251 + 1, sizes[i]);
            objects[n++] = object;
        }
    }
    for (size_t i = 0; i < n; i++) /* nobody has written to a neighbour */
        for (size_t at = 0; at < sizes[i % (sizeof sizes / sizeof *sizes)]; at++)
            assert_int_equal((unsigned char)objects[i][at], i % 251 + 1);
}

/* A large object must not waste the room that is left for small ones. */
static void test_large_keeps_room(void **state)
{
    ARENA a = { 0 };
    (void)state;
    char *first = arena_new(&a, 16, 1);
    memset(arena_new(&a, 50000, 1), 1, 50000);
    char *second = arena_new(&a, 16, 1);
    assert_ptr_equal(second, first + 16);
}

static void test_strings(void **state)
{
    ARENA a = { 0 };
    (void)state;
    assert_string_equal(arena_string(&a, SPAN("text")), "text");
    assert_string_equal(arena_string(&a, (struct span){ NULL, 0 }), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "uid", 7), "uid-7");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    assert_int_equal(strlen(arena_printf(&a, "%9000s", "x")), 9000);
}

static void test_list(void **state)
{
    ARENA a = { 0 };
    struct strlist list = { 0 };
    (void)state;
    for (int i = 0; i < 1000; i++)
        strlist_add(&a, &list, arena_printf(&a, "%d", i));
    assert_int_equal(list.n, 1000);
    assert_string_equal(list.items[0], "0");
    assert_string_equal(list.items[999], "999");
    struct strlist same = { 0 };
    assert_false(strlist_equals(&list, &same));
    for (int i = 0; i < 1000; i++)
        strlist_add(&a, &same, arena_printf(&a, "%d", i));
    assert_true(strlist_equals(&list, &same));
    same.items[500] = "other";
    assert_false(strlist_equals(&list, &same));
}

static void test_done(void **state)
{
    struct arena a = { 0 };
    (void)state;
    arena_done(&a);
    arena_wipe(&a);
    assert_string_equal(arena_string(&a, SPAN("secret")), "secret");
    arena_wipe(&a);
    assert_null(a.last);
    assert_string_equal(arena_string(&a, SPAN("again")), "again");
    arena_done(&a);
    assert_null(a.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),     cmocka_unit_test(test_large_keeps_room),
        cmocka_unit_test(test_strings), cmocka_unit_test(test_list),
        cmocka_unit_test(test_done),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
