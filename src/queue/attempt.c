#include "queue/attempt.h"

#include "queue/settle.h"

#include <time.h>

struct trial {
    struct carrier *carrier;
    struct item item;
    struct stored stored;
    struct envelope envelope; /* those that are left to do */
    size_t *indexes;          /* which of the entry's recipients they are */
    struct delivery delivery;
    struct verdict *verdicts; /* of all the entry's recipients; their contents are borrowed */
    bool marked;              /* the "sending" mark may stand in the file */
    int64_t now;
};

enum { UNREADABLE_PAUSE_S = 3600 };

bool attempt_misfit(const struct notice *n, const struct spool *s, const struct worker_job *job,
                    const struct err *why)
{
    ERR e = { 0 };
    const char *id = job->id.text;
    if (why->kind == ERR_DATA) {
        bool moved = spool_set_aside(s, job->folder, id, &e) == 0;
        notice_tell(n, why->hint, "%s: %s; %s", id, why->text,
                    moved ? "set aside in corrupt/" : e.text);
        return !moved;
    }
    notice_tell(n, why->hint, "%s: %s", id, why->text);
    if (job->folder == FOLDER_NEW &&
        spool_move(s, &job->id, FOLDER_NEW, FOLDER_DEFER, false, &e) < 0)
        notice_tell(n, e.hint, "%s: %s", id, e.text);
    return true;
}

/* Opening. It may have gone from one folder to the other since the runner has looked. */
static enum item_open open_item(struct trial *t, struct worker_job *job, struct err *e)
{
    const struct spool *spool = t->carrier->setup->spool;
    enum item_open found = item_open(spool, job->folder, &job->id, false, &t->item, e);
    if (found != ITEM_GONE)
        return found;
    job->folder = job->folder == FOLDER_NEW ? FOLDER_DEFER : FOLDER_NEW;
    return item_open(spool, job->folder, &job->id, false, &t->item, e);
}

static enum worker_result misfit(const struct trial *t, const struct worker_job *job,
                                 const struct err *why, int64_t *next)
{
    const struct worker_setup *setup = t->carrier->setup;
    *next = t->now + UNREADABLE_PAUSE_S;
    return attempt_misfit(&setup->notice, setup->spool, job, why) ? WORKER_DEFERRED : WORKER_HELD;
}

/* The runner before has died between the end of data and the verdict. */
static void find_open_end(struct trial *t)
{
    struct state *state = &t->item.entry.state;
    ERR e = { 0 };
    state->sending = false;
    state->ambiguous++;
    notice_note(&t->carrier->setup->notice,
                "%s: may have been delivered: the process that sent it ended before it knew",
                t->item.entry.id.text);
    if (item_write_state(&t->item, false, &e) < 0)
        t->marked = true;
}

static int check(struct trial *t, struct err *e)
{
    struct state *state = &t->item.entry.state;
    bool open_end = state->sending;
    if (!open_end && state->attempts)
        return 0;
    if (item_check(&t->item, e) < 0)
        return -1;
    if (open_end)
        find_open_end(t);
    return 0;
}

/* The recipients that are left, in an envelope of their own. */
static void select_recipients(struct trial *t)
{
    const struct entry *entry = &t->item.entry;
    struct arena *a = &t->item.arena;
    size_t n = entry->state.n;
    t->verdicts = arena_new(a, n + 1, sizeof *t->verdicts);
    t->indexes = arena_new(a, n + 1, sizeof *t->indexes);
    t->envelope = entry->envelope;
    t->envelope.rcpts = arena_new(a, n + 1, sizeof *t->envelope.rcpts);
    t->envelope.n_rcpts = 0;
    for (size_t i = 0; i < n; i++) {
        if (entry->state.marks[i] != MARK_TODO)
            continue;
        t->indexes[t->envelope.n_rcpts] = i;
        t->envelope.rcpts[t->envelope.n_rcpts++] = entry->envelope.rcpts[i];
    }
}

/* All that are left share a reason. */
static void fail_all(struct trial *t, enum stage stage, const struct err *why)
{
    t->delivery = (struct delivery){ 0 };
    delivery_grow(&t->delivery, t->envelope.n_rcpts);
    delivery_fail(&t->delivery, stage, why);
}

static enum worker_result settle_trial(struct trial *t, bool tried)
{
    const struct carrier *c = t->carrier;
    for (size_t i = 0; i < t->delivery.n; i++)
        t->verdicts[t->indexes[i]] = t->delivery.verdicts[i];
    struct settlement s = { .setup = c->setup,
                            .account = c->account,
                            .schedule = &c->schedule,
                            .standing = &c->standing,
                            .item = &t->item,
                            .verdicts = t->verdicts,
                            .tried = tried,
                            .marked = t->marked,
                            .now = t->now };
    return settle(&s);
}

/* Was anything decided although the account is in trouble? Or was one of the recipients at least
 * asked for: then others go first the next time. */
static bool is_any_decided(const struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct verdict *v = &d->verdicts[i];
        if (v->result == VERDICT_SENT || v->result == VERDICT_AMBIGUOUS)
            return true;
        if (v->result == VERDICT_REFUSED && !standing_concerns(v->stage, &v->err))
            return true;
        if (v->err.kind == ERR_REPLY && carrier_may_mean_message(v))
            return true;
    }
    return false;
}

/* What the record and -v say: who is still in the queue has not failed. */
static void tell(struct trial *t)
{
    const struct carrier *c = t->carrier;
    const struct state *state = &t->item.entry.state;
    struct delivery *d = &t->delivery;
    struct outcome o = { .name = c->setup->notice.name,
                         .account = c->account,
                         .envelope = &t->envelope,
                         .stored = &t->stored,
                         .delivery = d,
                         .queue_id = t->item.entry.id.text,
                         .status = -1 };
    const char *why = NULL;
    for (size_t i = 0; i < d->n; i++) {
        struct verdict *v = &d->verdicts[i];
        if (!why && v->result != VERDICT_SENT)
            why = v->err.text;
        if (state->marks[t->indexes[i]] == MARK_TODO && v->result != VERDICT_AMBIGUOUS)
            v->result = VERDICT_QUEUED;
    }
    notice_outcome(&c->setup->notice, &o);
    notice_show(&c->setup->notice, "%s: sent to %zu of %zu%s%s", o.queue_id,
                outcome_count(&o, VERDICT_SENT), d->n, why ? ": " : "", why ? why : "");
}

static enum worker_result transmit(struct trial *t)
{
    struct carrier *c = t->carrier;
    struct cargo cargo = { .envelope = &t->envelope,
                           .stored = &t->stored,
                           .intent = {
                               .fd = t->item.fd, .at = item_sending_at(&t->item), .set = true } };
    carrier_send(c, &cargo, &t->delivery, &t->marked);
    t->now = time(NULL);
    bool tried = !c->in_trouble || is_any_decided(&t->delivery);
    enum worker_result result = settle_trial(t, tried);
    tell(t);
    return c->in_trouble && result == WORKER_DEFERRED ? WORKER_TROUBLE : result;
}

/* The account was in trouble before: only looks whether the message's time is over. */
static enum worker_result pass_over(struct trial *t)
{
    const struct standing *standing = &t->carrier->standing;
    ERR why = { 0 };
    err_set(&why, standing->permanent ? ERR_CONFIG : ERR_TEMPORARY, "%s",
            standing->text ? standing->text : "the account is in trouble");
    fail_all(t, standing->stage, &why);
    enum worker_result result = settle_trial(t, false);
    return result == WORKER_DEFERRED ? WORKER_TROUBLE : result;
}

static bool is_due(const struct trial *t)
{
    const struct carrier *c = t->carrier;
    return c->setup->all || schedule_is_due(&c->schedule, t->item.entry.state.next_s, t->now);
}

static enum worker_result take_up(struct trial *t, int64_t *next)
{
    ERR e = { 0 };
    select_recipients(t);
    bool held = t->item.entry.state.ambiguous >= SCHEDULE_AMBIGUOUS_MAX;
    if (!t->envelope.n_rcpts || held || !is_due(t))
        return settle_trial(t, false);
    if (t->carrier->in_trouble)
        return pass_over(t);
    *next = carrier_pace(t->carrier);
    if (*next)
        return WORKER_LATER;
    if (item_stored(&t->item, &t->stored, &e) == 0)
        return transmit(t);
    fail_all(t, STAGE_BODY, &e);
    enum worker_result result = settle_trial(t, true);
    tell(t);
    return result;
}

static enum worker_result handle(struct trial *t, struct worker_job *job, int64_t *next)
{
    ERR e = { 0 };
    switch (open_item(t, job, &e)) {
    case ITEM_GONE: return WORKER_GONE;
    case ITEM_BUSY: return WORKER_BUSY;
    case ITEM_BAD: return misfit(t, job, &e, next);
    case ITEM_OPEN: break;
    }
    if (check(t, &e) < 0)
        return misfit(t, job, &e, next);
    return take_up(t, next);
}

static int64_t next_of(const struct trial *t, enum worker_result result)
{
    return result == WORKER_TROUBLE ? t->carrier->standing.next_s : t->item.entry.state.next_s;
}

void attempt(struct carrier *c, const struct worker_job *job, struct worker_report *ret)
{
    struct trial t = { .carrier = c, .now = time(NULL) };
    struct worker_job place = *job;
    int64_t next = 0;
    *ret = (struct worker_report){ .id = job->id };
    ret->result = handle(&t, &place, &next);
    if (!next && ret->result != WORKER_LATER)
        next = next_of(&t, ret->result);
    ret->next_s = next;
    delivery_done(&t.delivery);
    stored_done(&t.stored);
    item_close(&t.item);
}
