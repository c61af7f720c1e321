#include "base/random.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* In place of the kernel's: how often it is interrupted before it answers, and whether it can. */
static int interruptions;
static int broken;

ssize_t getrandom(void *octets, size_t len, unsigned flags)
{
    (void)flags;
    if (interruptions-- > 0) {
        errno = EINTR;
        return -1;
    }
    if (broken) {
        errno = ENOSYS;
        return -1;
    }
    memset(octets, 0x5a, len);
    return (ssize_t)len;
}

static void test_number(void **state)
{
    (void)state;
    interruptions = 2;
    assert_true(random_number() == 0x5a5a5a5a5a5a5a5aU);
    broken = 1;
    assert_true(random_number() == 0);
    broken = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
