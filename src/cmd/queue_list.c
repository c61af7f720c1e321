/* postbag queue list, mailq, -bp. */
#include "cmd/queue.h"
#include "cmd/queue_json.h"
#include "cmd/queue_text.h"
#include "cmd/queue_walk.h"
#include "cmd/say.h"

/* Written to standard output when this much has come together. */
enum { PIECE = 64 * 1024 };

struct list {
    struct queue *queue;
    struct queue_text text;
    struct buf out;
};

static int flush(struct list *l, size_t least, struct err *e)
{
    if (l->out.len < least)
        return 0;
    int done = say_out(buf_span(&l->out), e);
    buf_clear(&l->out);
    return done;
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
    if (l->queue->options->json)
        queue_json_add(&m, &l->out);
    else
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

int queue_list(struct queue *q, struct err *e)
{
    struct list l = { .queue = q };
    int done = queue_read_standings(q, e);
    if (done == 0)
        done = add_all(&l, e);
    if (done == 0 && !q->options->json)
        queue_text_end(&l.text, &l.out);
    if (done == 0)
        done = flush(&l, 1, e);
    buf_done(&l.out);
    return done;
}
