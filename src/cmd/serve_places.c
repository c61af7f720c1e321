#include "cmd/serve_places.h"

#include "base/clock.h"
#include "base/mem.h"

#include <signal.h>
#include <stdlib.h>

void places_done(struct places *p)
{
    free(p->items);
    *p = (struct places){ 0 };
}

void places_grow(struct places *p, size_t n)
{
    if (n <= p->n)
        return;
    p->items = mem_resize(p->items, n, sizeof *p->items);
    struct waiter *waiters = waiters_new(n - p->n);
    for (size_t i = p->n; i < n; i++)
        p->items[i] = (struct place){ .waiter = waiters ? &waiters[i - p->n] : NULL };
    p->n = n;
}

/* So many may one user have, as things are. */
static size_t share_of(const struct places *p, size_t most, int of_user)
{
    size_t half = (most - p->busy + 1) / 2;
    return (size_t)of_user < half ? (size_t)of_user : half;
}

/* Somebody wants a place. */
struct demand {
    uid_t uid;
    size_t has;       /* so many */
    size_t at_a_time; /* so many of one user are asked, but one at least */
    int64_t now;
};

static size_t count(const struct places *p, uid_t uid)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += p->items[i].pid && p->items[i].uid == uid;
    return n;
}

struct place *places_find(struct places *p, uid_t uid, int most, int of_user)
{
    struct place *found = NULL;
    if (p->busy >= (size_t)most)
        return NULL;
    for (size_t i = 0; i < p->n; i++)
        if (!p->items[i].pid)
            found = &p->items[i];
    return count(p, uid) < share_of(p, (size_t)most, of_user) ? found : NULL;
}

/* Who was asked, and is about to leave. */
static size_t count_leaving(const struct places *p, uid_t uid, int64_t now)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct place *place = &p->items[i];
        n += place->pid && place->uid == uid && place->asked_at &&
             now - place->asked_at < PLACES_LEAVE_MS;
    }
    return n;
}

/* Is one of his to make room for a user who has so many? */
static bool may_ask(const struct places *p, uid_t his, const struct demand *d)
{
    size_t leaving = count_leaving(p, his, d->now);
    return (leaving == 0 || leaving < d->at_a_time) && (his == d->uid || count(p, his) > d->has);
}

static void ask(struct places *p, const struct demand *d)
{
    struct place *first = NULL;
    int64_t longest = PLACES_PATIENCE_MS - 1;
    for (size_t i = 0; i < p->n; i++) {
        struct place *place = &p->items[i];
        int64_t ms = place->pid ? waiter_ms(place->waiter) : -1;
        if (ms <= longest || !may_ask(p, place->uid, d))
            continue;
        first = place;
        longest = ms;
    }
    if (!first)
        return;
    waiter_ask(first->waiter, first->pid);
    first->asked_at = d->now;
}

void places_press(struct places *p, uid_t uid, const struct place *found, int most, int of_user)
{
    const struct demand d = { uid, count(p, uid), (size_t)of_user / PLACES_SPARE, clock_ms() };
    bool few = p->busy + 1 + (size_t)most / PLACES_SPARE > (size_t)most ||
               d.has + 1 + d.at_a_time > (size_t)of_user;
    if (few || !found)
        ask(p, &d);
}

void places_take(struct places *p, struct place *place, pid_t pid, uid_t uid)
{
    place->pid = pid;
    place->uid = uid;
    place->asked_at = 0;
    p->busy++;
}

bool places_leave(struct places *p, pid_t pid)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].pid != pid)
            continue;
        p->items[i].pid = 0;
        waiter_end(p->items[i].waiter);
        p->busy--;
        return true;
    }
    return false;
}

void places_signal(const struct places *p, int number)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i].pid)
            kill(p->items[i].pid, number);
}
