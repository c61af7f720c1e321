#include "cmd/serve_limits.h"

#include "../base/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

static bool can_map(size_t octets)
{
    void *at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return false;
    munmap(at, octets);
    return true;
}

static int use_memory(void *context)
{
    (void)context;
    serve_limit_session();
    bool enough = can_map((SESSION_MEMORY_MIB - 16) * (size_t)MIB);
    return enough && !can_map((SESSION_MEMORY_MIB + 1) * (size_t)MIB) ? 0 : 1;
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(forked(use_memory, NULL), 0);
}

static int use_files(void *context)
{
    (void)context;
    serve_limit_session();
    int last = -1, fd;
    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        last = fd;
    return errno == EMFILE && last == SESSION_FILES - 1 ? 0 : 1;
}

static void test_files(void **state)
{
    (void)state;
    assert_int_equal(forked(use_files, NULL), 0);
}

/* Whoever has less already keeps that. */
static int stay_low(void *context)
{
    (void)context;
    struct rlimit limit = { 20, 30 };
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 2;
    serve_limit_session();
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 20 && limit.rlim_max == 30
               ? 0
               : 1;
}

static void test_never_raised(void **state)
{
    (void)state;
    assert_int_equal(forked(stay_low, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_never_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
