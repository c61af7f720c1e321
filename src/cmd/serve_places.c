#include "cmd/serve_places.h"

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
    for (size_t i = p->n; i < n; i++)
        p->items[i] = (struct place){ 0 };
    p->n = n;
}

/* So many may one user have, as things are. */
static size_t share_of(const struct places *p, size_t most, int of_user)
{
    size_t half = (most - p->busy + 1) / 2;
    return (size_t)of_user < half ? (size_t)of_user : half;
}

struct place *places_find(struct places *p, uid_t uid, int most, int of_user)
{
    struct place *found = NULL;
    size_t his = 0;
    if (p->busy >= (size_t)most)
        return NULL;
    for (size_t i = 0; i < p->n; i++) {
        if (!p->items[i].pid)
            found = &p->items[i];
        else if (p->items[i].uid == uid)
            his++;
    }
    return his < share_of(p, (size_t)most, of_user) ? found : NULL;
}

void places_take(struct places *p, struct place *place, pid_t pid, uid_t uid)
{
    *place = (struct place){ pid, uid };
    p->busy++;
}

bool places_leave(struct places *p, pid_t pid)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i].pid != pid)
            continue;
        p->items[i].pid = 0;
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
