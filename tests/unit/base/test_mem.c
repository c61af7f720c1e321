#include "base/mem.h"

#include "forked.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The address sanitizer would abort on a refused allocation. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_new(void **state)
{
    (void)state;
    char *block = mem_new(100, 3);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(block[i], 0);
    memset(block, 'x', 300);
    block = mem_resize(block, 1000, 3);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(block[i], 'x');
    free(block);
    block = mem_resize(NULL, 0, 0);
    assert_non_null(block);
    free(block);
    block = mem_new(0, 0);
    assert_non_null(block);
    free(block);
}

static void test_copies(void **state)
{
    (void)state;
    char *text = mem_string("text");
    CLEANUP(mem_free_string) char *part = mem_copy(text, 2), *none = mem_copy(NULL, 0);
    (void)none;
    text[0] = 'n';
    assert_string_equal(part, "te");
    assert_string_equal(none, "");
    mem_wipe(text, 4);
    assert_memory_equal(text, "\0\0\0\0", 5);
    mem_wipe(NULL, 0);
    free(text);
}

static int exhaust(void *context)
{
    volatile size_t most = SIZE_MAX / 2;
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    void *block = NULL;
    switch (*(const char *)context) {
    case 'n': block = mem_new(most, 1); break;
    case 'o': block = mem_new(most, 8); break; /* overflows */
    case 'r': block = mem_resize(NULL, most, 1); break;
    case 'v': block = mem_resize(NULL, most, 8); break;
    }
    free(block);
    return 0;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (const char *way = "norv"; *way; way++) {
        char letter = *way;
        assert_int_equal(forked(exhaust, &letter), 71);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("base/mem", tests, NULL, NULL);
}
