/* postbag queue hold, release, remove. */
#include "cmd/exit.h"
#include "cmd/queue.h"
#include "cmd/queue_walk.h"
#include "cmd/say.h"
#include "queue/item.h"

#include <errno.h>
#include <string.h>

/* A message may move on while we look for it: so often we look again. */
enum { TRIES = 5 };

struct change {
    struct queue *queue;
    unsigned touched; /* folders to be synced: bits 1 << FOLDER_… */
    int status;       /* of the first that failed, 75 only if none failed for good */
};

/* Says what failed, and goes on with the others. */
static void fail(struct change *c, const struct err *e)
{
    int status = exit_of_error(&exit_default, e, STAGE_NONE);
    say_error(c->queue->options->name, e);
    if (!c->status || (!err_is_temporary(e) && c->status == exit_default.tempfail))
        c->status = status;
}

static int move(struct change *c, struct item *item, enum folder to, struct err *e)
{
    unsigned bits = 1U << item->folder | 1U << to;
    if (item_move(item, to, false, e) < 0)
        return -1;
    c->touched |= bits;
    return 0;
}

static int hold(struct change *c, struct item *item, struct err *e)
{
    if (item->folder == FOLDER_HOLD)
        return 0;
    if (item->folder == FOLDER_FAILED)
        return err_set(e, ERR_DATA, "%s: was given up; release it or remove it",
                       item->entry.id.text);
    return move(c, item, FOLDER_HOLD, e);
}

/* A fresh start: at once, with all its patience. That a copy may have been delivered stays known,
 * but does not put it back at once. */
static void renew(struct state *state)
{
    bool ambiguous = state_is_ambiguous(state);
    state->sending = false;
    state->ambiguous = ambiguous;
    state->tried_s = state->last_s = state->next_s = 0;
    for (size_t i = 0; i < state->n; i++)
        if (state->marks[i] == MARK_FAILED)
            state->marks[i] = MARK_TODO;
}

/* Whoever took it up would else wait, as behind every end that was left open. */
static void note_open_end(struct state *state)
{
    state->ambiguous += state->sending;
    state->sending = false;
}

static int release(struct change *c, struct item *item, struct err *e)
{
    if (item->folder == FOLDER_FAILED || item->folder == FOLDER_HOLD)
        renew(&item->entry.state);
    note_open_end(&item->entry.state);
    item->entry.state.next_s = 0;
    if (item_write_state(item, true, e) < 0)
        return -1;
    return item->folder == FOLDER_NEW ? 0 : move(c, item, FOLDER_NEW, e);
}

static int drop(struct change *c, struct item *item, struct err *e)
{
    c->touched |= 1U << item->folder;
    return item_remove(item, e);
}

static int apply(struct change *c, struct item *item, struct err *e)
{
    switch (c->queue->options->queue_command) {
    case QUEUE_HOLD: return hold(c, item, e);
    case QUEUE_RELEASE: return release(c, item, e);
    case QUEUE_REMOVE: return drop(c, item, e);
    case QUEUE_LIST:
    case QUEUE_SHOW:
    case QUEUE_RUN:
    case QUEUE_COUNT:
    case QUEUE_CHECK: break;
    }
    return 0;
}

/* A damaged file can be neither sent nor changed: out of the way with it, as a runner does. */
static int set_bad_aside(const struct change *c, const struct queue_id *id, enum folder folder,
                         struct err *e)
{
    ERR ignored = { 0 };
    if (e->kind == ERR_DATA && spool_set_aside(&c->queue->spool, folder, id->text, &ignored) == 0)
        err_hint(e, "it was set aside in corrupt/");
    return -1;
}

/* 1: done; 0: it is not there any more; -1. */
static int change_one(struct change *c, const struct queue_id *id, enum folder folder,
                      struct err *e)
{
    for (int tries = 0; tries < TRIES && folder != FOLDERS; tries++) {
        struct item item = { 0 };
        int done = 1;
        switch (item_open(&c->queue->spool, folder, id, false, &item, e)) {
        case ITEM_OPEN:
            done = apply(c, &item, e) < 0 ? -1 : 1;
            item_close(&item);
            return done;
        case ITEM_BUSY:
            return err_set(e, ERR_TEMPORARY, "%s: is being sent at this moment; try again",
                           id->text);
        case ITEM_BAD: return set_bad_aside(c, id, folder, e);
        case ITEM_GONE: folder = spool_find(&c->queue->spool, id); break;
        }
    }
    return 0;
}

static void change_word(struct change *c, const char *word)
{
    ERR e = { 0 };
    struct queue_id id;
    enum folder folder;
    int done = queue_find(c->queue, span_of(word), &id, &folder, &e);
    if (done == 0)
        done = change_one(c, &id, folder, &e);
    if (done == 0)
        done = err_set(&e, ERR_DATA, "%s: no such message", word);
    if (done < 0)
        fail(c, &e);
}

/* hold ALL: what would be tried; release ALL: what would not. */
static unsigned folders_of(enum queue_command command)
{
    unsigned tried = 1U << FOLDER_NEW | 1U << FOLDER_DEFER;
    if (command == QUEUE_HOLD)
        return tried;
    return command == QUEUE_RELEASE ? ~tried : ~0U;
}

static int change_all(struct change *c, struct err *e)
{
    struct queue_walk walk = { 0 };
    struct queue_id id;
    enum folder folder;
    if (!c->queue->exists)
        return 0;
    unsigned folders = folders_of(c->queue->options->queue_command);
    if (queue_walk_start(&c->queue->spool, folders, &walk, e) < 0)
        return -1;
    while (queue_walk_next(&walk, &id, &folder)) {
        ERR problem = { 0 };
        if (change_one(c, &id, folder, &problem) < 0)
            fail(c, &problem);
    }
    queue_walk_done(&walk);
    return 0;
}

/* All folders at once at the end, not for each message. */
static int sync_touched(const struct change *c, struct err *e)
{
    for (int folder = 0; folder < FOLDERS; folder++)
        if ((c->touched & (1U << folder)) && spool_sync(&c->queue->spool, folder) < 0)
            return spool_failed(&c->queue->spool, errno, "sync", folder_name(folder), e);
    return 0;
}

int queue_change(struct queue *q, struct err *e)
{
    struct change c = { .queue = q };
    const struct strlist *words = &q->options->operands;
    for (size_t i = 0; i < words->n; i++) {
        if (strcmp(words->items[i], QUEUE_ALL) != 0)
            change_word(&c, words->items[i]);
        else if (change_all(&c, e) < 0)
            return -1;
    }
    return sync_touched(&c, e) < 0 ? -1 : c.status;
}
