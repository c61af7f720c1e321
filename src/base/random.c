#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

uint64_t random_number(void)
{
    uint64_t number = 0;
    ssize_t n;
    do
        n = getrandom(&number, sizeof number, 0);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof number ? number : 0;
}
