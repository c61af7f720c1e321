/* postbag queue list, mailq, -bp; and the same for users of the service. */
#include "cmd/queue.h"
#include "cmd/queue_json.h"
#include "cmd/queue_text.h"
#include "cmd/queue_walk.h"
#include "cmd/say.h"
#include "cmd/service_list.h"
#include "config/service.h"

/* Given away when this much has come together. */
enum { PIECE = 64 * 1024 };

struct list {
    struct queue *queue;
    const struct queue_listing *how;
    struct queue_text text;
    struct buf out;
};

static int flush(struct list *l, size_t least, struct err *e)
{
    if (l->out.len < least)
        return 0;
    int done = l->how->put(l->how->context, buf_span(&l->out), e);
    buf_clear(&l->out);
    return done;
}

/* A file that cannot be used is nobody's. */
static bool is_wanted(const struct list *l, const struct queue_message *m)
{
    return l->how->all || (m->entry && m->entry->uid == l->how->uid);
}

/* A message may move while the list is written: it is shown where it is now. */
static void add(struct list *l, const struct queue_id *id, enum folder folder)
{
    struct queue_message m;
    if (!queue_message_load(l->queue, folder, id, &m)) {
        folder = spool_find(&l->queue->spool, id);
        if (folder == FOLDERS || !queue_message_load(l->queue, folder, id, &m))
            return;
    }
    bool wanted = is_wanted(l, &m);
    if (wanted && l->how->json)
        queue_json_add(&m, &l->out);
    else if (wanted)
        queue_text_add(&l->text, &m, &l->out);
    queue_message_done(&m);
}

static int add_all(struct list *l, struct err *e)
{
    struct queue_walk walk = { 0 };
    struct queue_id id;
    enum folder folder;
    int done = 0;
    if (l->queue->exists && queue_walk_start(&l->queue->spool, ~0U, &walk, e) < 0)
        return -1;
    while (done == 0 && queue_walk_next(&walk, &id, &folder)) {
        add(l, &id, folder);
        done = flush(l, PIECE, e);
    }
    queue_walk_done(&walk);
    return done;
}

int queue_list_to(struct queue *q, const struct queue_listing *how, struct err *e)
{
    struct list l = { .queue = q, .how = how };
    int done = queue_read_standings(q, e);
    if (done == 0)
        done = add_all(&l, e);
    if (done == 0 && !how->json)
        queue_text_end(&l.text, &l.out);
    if (done == 0)
        done = flush(&l, 1, e);
    buf_done(&l.out);
    return done;
}

static int put_out(void *context, struct span octets, struct err *e)
{
    (void)context;
    return say_out(octets, e);
}

int queue_list(struct queue *q, struct err *e)
{
    struct queue_listing all = { .json = q->options->json, .all = true, .put = put_out };
    const struct account *service = q->config.n_accounts ? NULL : service_account(&q->config);
    if (service && q->config.may_use_service)
        return service_list(service->file, all.json, e);
    return queue_list_to(q, &all, e);
}
