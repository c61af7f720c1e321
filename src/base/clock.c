#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_us(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
    return clock_wall_us() / 1000;
}

struct deadline deadline_in(int64_t ms)
{
    int64_t now = clock_ms();
    return (struct deadline){ ms <= 0 ? 0 : ms < INT64_MAX - now ? now + ms : INT64_MAX };
}

struct deadline deadline_min(struct deadline a, struct deadline b)
{
    if (!a.at || (b.at && b.at < a.at))
        return b;
    return a;
}

bool deadline_passed(struct deadline d)
{
    return d.at && clock_ms() >= d.at;
}

int deadline_left(struct deadline d)
{
    if (!d.at)
        return -1;
    int64_t left = d.at - clock_ms();
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}

int deadline_nap(struct deadline d)
{
    enum { NAP_MS = 1000 };
    int left = deadline_left(d);
    return left < 0 || left > NAP_MS ? NAP_MS : left;
}
