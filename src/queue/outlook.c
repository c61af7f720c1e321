#include "queue/outlook.h"

#include "base/io.h"
#include "queue/listing.h"

#include <string.h>

/* Names begin with the time. What cannot be read keeps nobody from hoping. */
static size_t count_ahead(const struct item *item)
{
    ERR ignored = { 0 };
    CLEANUP(listing_done) struct listing l;
    const struct dirent *d;
    struct queue_id id;
    size_t n = 0;
    if (listing_open(item->spool, FOLDER_NEW, &l, &ignored) < 0)
        return 0;
    while (n < OUTLOOK_MOST && listing_next(&l, &d, &ignored) > 0)
        n += queue_id_parse(span_of(d->d_name), &id) == 0 &&
             queue_id_compare(&id, &item->entry.id) < 0;
    return n;
}

/* Its end of data has left: whatever waits for other accounts, its own verdict comes next. */
static bool is_on_its_way(const struct item *item)
{
    char mark = 0;
    return io_read_at(item->fd, &mark, 1, item_sending_at(item)) == 1 && mark == STATE_SENDING;
}

static bool is_hopeless(const struct outlook *before, size_t ahead, int64_t now, int64_t left)
{
    size_t done = before->ahead > ahead ? before->ahead - ahead : 0;
    double time = (double)(now - before->at);
    return ahead >= OUTLOOK_MANY && (double)done * (double)left < (double)ahead * time;
}

bool outlook_is_hopeless(struct outlook *o, const struct item *item, struct deadline deadline)
{
    int64_t now = clock_ms();
    if (!o->begun)
        *o = (struct outlook){ .begun = now, .next_at = now + OUTLOOK_FIRST_MS };
    if (!deadline.at || now < o->next_at)
        return false;
    size_t ahead = count_ahead(item);
    bool hopeless = o->at && is_hopeless(o, ahead, now, deadline.at - now);
    *o = (struct outlook){ o->begun, now, now + (now - o->begun), ahead };
    return hopeless && !is_on_its_way(item);
}
