#include "cmd/queue.h"

#include "cmd/cmd.h"
#include "cmd/exit.h"
#include "cmd/queue_walk.h"
#include "cmd/say.h"
#include "config/service.h"
#include "queue/turn.h"

int queue_load(const struct options *o, struct queue *ret, struct err *e)
{
    *ret = (struct queue){ .options = o };
    ident_get(&ret->arena, &ret->ident);
    struct config_request request = { .ident = &ret->ident,
                                      .file = o->config,
                                      .file_must_be_root = o->door == DOOR_SENDMAIL,
                                      .sets = o->sets };
    if (config_load(&request, &ret->config, e) < 0)
        return -1;
    ret->path = config_spool(&ret->config, &ret->ident, &ret->arena, &ret->no_path);
    return 0;
}

int queue_enter(struct queue *q, struct err *e)
{
    int found = q->path ? spool_open(q->path, false, &q->spool, e) : 0;
    q->exists = found > 0;
    q->at_work = found > 0 && turn_is_taken(&q->spool);
    return found < 0 ? -1 : 0;
}

int queue_open(const struct options *o, struct queue *ret, struct err *e)
{
    return queue_load(o, ret, e) < 0 ? -1 : queue_enter(ret, e);
}

const char *queue_service(struct queue *q)
{
    const struct account *service =
        q->config.n_accounts || !q->config.may_use_service ? NULL : service_account(&q->config);
    return service ? service->file : NULL;
}

static bool is_empty(const struct queue *q)
{
    ERR ignored = { 0 };
    size_t n = 0;
    for (size_t i = 0; q->exists && !n && i < FOLDERS_KEPT; i++)
        if (spool_count(&q->spool, folders_kept[i], &n, NULL, &ignored) < 0)
            return false;
    return !n;
}

int queue_is_own(struct queue *q, struct err *e)
{
    const char *service = queue_service(q);
    if (!service || !is_empty(q))
        return 0;
    err_set(e, ERR_PERMISSION, "mail goes through the service at %s, which has a queue of its own",
            service);
    err_hint(e, "mailq lists your messages; all else is for the service's user: %s -C FILE queue",
             q->options->name);
    return -1;
}

int queue_read_standings(struct queue *q, struct err *e)
{
    return q->exists ? standing_scan(&q->spool, &q->standings, e) : 0;
}

void queue_close(struct queue *q)
{
    standing_list_done(&q->standings);
    if (q->exists)
        spool_close(&q->spool);
    err_done(&q->no_path);
    config_done(&q->config);
    arena_done(&q->arena);
    *q = (struct queue){ 0 };
}

int queue_find(const struct queue *q, struct span word, struct queue_id *id, enum folder *folder,
               struct err *e)
{
    if (!q->exists)
        return err_set(e, ERR_DATA, "%.*s: no such message: the queue is empty", SPAN_ARGS(word));
    return queue_walk_find(&q->spool, word, id, folder, e);
}

int queue_count(struct queue *q, struct err *e)
{
    BUF text = { 0 };
    size_t n = 0;
    if (q->exists && spool_count_waiting(&q->spool, &n, e) < 0)
        return -1;
    buf_addf(&text, "%zu\n", n);
    return say_out(buf_span(&text), e);
}

static int run(const struct options *o, int (*command)(struct queue *q, struct err *e))
{
    ERR e = { 0 };
    struct queue q;
    int status = queue_open(o, &q, &e);
    if (status == 0 && command != queue_list)
        status = queue_is_own(&q, &e);
    if (status == 0)
        status = command(&q, &e);
    if (status < 0) {
        say_error(o->name, &e);
        status = exit_of_error(&exit_default, &e, STAGE_NONE);
    }
    queue_close(&q);
    return status;
}

int cmd_queue(const struct options *o)
{
    switch (o->queue_command) {
    case QUEUE_LIST: return run(o, queue_list);
    case QUEUE_SHOW: return run(o, queue_show);
    case QUEUE_RUN: return cmd_queue_run(o);
    case QUEUE_HOLD:
    case QUEUE_RELEASE:
    case QUEUE_REMOVE: return run(o, queue_change);
    case QUEUE_COUNT: return run(o, queue_count);
    case QUEUE_CHECK: return cmd_queue_check(o);
    }
    return 0;
}
