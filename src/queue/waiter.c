#include "queue/waiter.h"

#include "base/clock.h"
#include "base/sig.h"

#include <signal.h>
#include <sys/mman.h>

struct waiter *waiters_new(size_t n)
{
    void *room = mmap(NULL, n * sizeof(struct waiter), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return room == MAP_FAILED ? NULL : room;
}

/* The signal that wakes him must find its handler: so that stands before anybody knows. */
void waiter_begin(struct waiter *w)
{
    if (!w)
        return;
    uint32_t now = (uint32_t)clock_ms();
    sig_listen();
    atomic_store(&w->since, now ? now : 1);
}

bool waiter_is_asked(const struct waiter *w)
{
    return w && atomic_load(&w->since) && atomic_load(&w->asked) == atomic_load(&w->since);
}

void waiter_end(struct waiter *w)
{
    if (w)
        atomic_store(&w->since, 0);
}

int64_t waiter_ms(const struct waiter *w)
{
    uint32_t since = w ? atomic_load(&w->since) : 0;
    if (!since || atomic_load(&w->asked) == since)
        return -1;
    int32_t ms = (int32_t)((uint32_t)clock_ms() - since);
    return ms < 0 ? 0 : ms;
}

void waiter_ask(struct waiter *w, pid_t pid)
{
    uint32_t since = w ? atomic_load(&w->since) : 0;
    if (!since)
        return;
    atomic_store(&w->asked, since);
    kill(pid, SIGURG);
}
