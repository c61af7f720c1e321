#include "cmd/queue_health.h"

#include "queue/item.h"
#include "queue/listing.h"

#include <stdlib.h>

/* ---- looking ---- */

/* Whatever lies there, under any name. */
static int count_corrupt(const struct spool *s, size_t *ret, struct err *e)
{
    CLEANUP(listing_done) struct listing l;
    const struct dirent *d;
    int more;
    if (listing_open(s, FOLDER_CORRUPT, &l, e) < 0)
        return -1;
    while ((more = listing_next(&l, &d, e)) > 0)
        ++*ret;
    return more;
}

static int count_all(const struct spool *s, struct queue_health *h, struct err *e)
{
    if (spool_count_waiting(s, &h->waiting, e) < 0 ||
        spool_count(s, FOLDER_FAILED, &h->failed, NULL, e) < 0)
        return -1;
    return count_corrupt(s, &h->corrupt, e);
}

/* Answers for the messages of a folder, one after the other, until `enough`. */
struct query {
    bool (*holds)(const struct entry *entry, int64_t now);
    int64_t now;
    size_t enough;
};

static int count_those(const struct spool *s, enum folder folder, const struct query *q,
                       size_t *found, struct err *e)
{
    struct id_list list = { 0 };
    if (spool_scan(s, folder, false, &list, e) < 0) {
        id_list_done(&list);
        return -1;
    }
    for (size_t i = 0; i < list.n && *found < q->enough; i++) {
        ERR why = { 0 };
        struct item item = { 0 };
        if (item_open(s, folder, &list.items[i], true, &item, &why) != ITEM_OPEN)
            continue;
        *found += q->holds(&item.entry, q->now);
        item_close(&item);
    }
    id_list_done(&list);
    return 0;
}

static bool is_ambiguous(const struct entry *entry, int64_t now)
{
    (void)now;
    return state_is_ambiguous(&entry->state);
}

/* A message that nobody has tried counts from its arrival. */
static bool is_overdue(const struct entry *entry, int64_t now)
{
    int64_t due = entry->created_us / 1000000;
    if (entry->state.next_s > due)
        due = entry->state.next_s;
    return due < now - QUEUE_UNATTENDED_S;
}

/* The stamp is of a round's beginning, or of the last message that it has done with. One of the
 * future says as little as an old one: the clock was set. */
static int look_for_runner(const struct queue *q, int64_t now, struct queue_health *h,
                           struct err *e)
{
    const struct spool *s = &q->spool;
    struct query query = { is_overdue, now, 1 };
    size_t found = 0;
    h->stamped = spool_stamped(s);
    if (q->at_work ? !h->stamped || now - h->stamped <= QUEUE_STUCK_S
                   : llabs(now - h->stamped) <= QUEUE_UNATTENDED_S)
        return 0;
    if (count_those(s, FOLDER_NEW, &query, &found, e) < 0 ||
        count_those(s, FOLDER_DEFER, &query, &found, e) < 0)
        return -1;
    h->unattended = found && !q->at_work;
    h->stuck = found && q->at_work;
    return 0;
}

int queue_health_look(struct queue *q, int64_t now, struct queue_health *ret, struct err *e)
{
    struct queue_health h = { .standings = &q->standings };
    struct query ambiguous = { is_ambiguous, now, SIZE_MAX };
    if (q->exists && (queue_read_standings(q, e) < 0 || count_all(&q->spool, &h, e) < 0 ||
                      count_those(&q->spool, FOLDER_HOLD, &ambiguous, &h.ambiguous, e) < 0 ||
                      look_for_runner(q, now, &h, e) < 0))
        return -1;
    *ret = h;
    return 0;
}

/* ---- judging ---- */

static void complain(struct arena *a, struct queue_complaints *to, enum queue_level level,
                     const char *text)
{
    to->items = arena_grow(a, to->items, to->n, &to->room, sizeof *to->items);
    to->items[to->n++] = (struct queue_complaint){ level, text };
}

static void judge_accounts(struct arena *a, const struct queue_health *h, bool permanent,
                           struct queue_complaints *to)
{
    for (size_t i = 0; i < h->standings->n; i++) {
        const struct standing *s = &h->standings->items[i].standing;
        if (!s->failures || s->permanent != permanent)
            continue;
        const char *account = h->standings->items[i].route.account;
        const char *text = s->text ? s->text : "in trouble";
        complain(a, to, permanent ? QUEUE_CRITICAL : QUEUE_FINE,
                 s->hint ? arena_printf(a, "account %s: %s (hint: %s)", account, text, s->hint)
                         : arena_printf(a, "account %s: %s", account, text));
    }
}

static void judge_number(struct arena *a, size_t n, const char *what, struct queue_complaints *to)
{
    if (n)
        complain(a, to, QUEUE_WARNING, arena_printf(a, "%zu %s", n, what));
}

void queue_health_judge(struct arena *a, const struct queue_health *h, struct queue_complaints *ret)
{
    judge_accounts(a, h, true, ret);
    if (h->unattended)
        complain(a, ret, QUEUE_WARNING,
                 h->stamped ? "nobody runs the queue any more" : "nobody runs the queue");
    if (h->stuck)
        complain(a, ret, QUEUE_WARNING, "the runner has come to a stop");
    judge_number(a, h->failed, "given up", ret);
    judge_number(a, h->ambiguous, "held that may have been delivered", ret);
    judge_number(a, h->corrupt, "damaged files in corrupt/", ret);
    judge_accounts(a, h, false, ret);
}
