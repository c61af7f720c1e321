#include "queue/attempt.h"

#include "queue/settle.h"

#include <time.h>

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
static enum item_open open_item(struct attempt *a, struct worker_job *job, struct err *e)
{
    const struct spool *spool = a->carrier->setup->spool;
    enum item_open found = item_open(spool, job->folder, &job->id, false, &a->item, e);
    if (found != ITEM_GONE)
        return found;
    job->folder = job->folder == FOLDER_NEW ? FOLDER_DEFER : FOLDER_NEW;
    return item_open(spool, job->folder, &job->id, false, &a->item, e);
}

static enum worker_result misfit(struct attempt *a, const struct worker_job *job,
                                 const struct err *why)
{
    const struct worker_setup *setup = a->carrier->setup;
    a->report.next_s = a->now + UNREADABLE_PAUSE_S;
    return attempt_misfit(&setup->notice, setup->spool, job, why) ? WORKER_DEFERRED : WORKER_HELD;
}

/* The runner before has died between the end of data and the verdict. */
static void find_open_end(struct attempt *a)
{
    struct state *state = &a->item.entry.state;
    ERR e = { 0 };
    state->sending = false;
    state->ambiguous++;
    if (state->next_s < a->now + SCHEDULE_AMBIGUOUS)
        state->next_s = a->now + SCHEDULE_AMBIGUOUS;
    notice_note(&a->carrier->setup->notice,
                "%s: may have been delivered: the process that sent it ended before it knew",
                a->item.entry.id.text);
    if (item_write_state(&a->item, false, &e) < 0)
        a->marked = true;
}

static int check(struct attempt *a, struct err *e)
{
    struct state *state = &a->item.entry.state;
    bool open_end = state->sending;
    if (!open_end && state->attempts)
        return 0;
    if (item_check(&a->item, e) < 0)
        return -1;
    if (open_end)
        find_open_end(a);
    return 0;
}

/* The recipients that are left, in an envelope of their own. */
static void select_recipients(struct attempt *a)
{
    const struct entry *entry = &a->item.entry;
    struct arena *arena = &a->item.arena;
    size_t n = entry->state.n;
    a->verdicts = arena_new(arena, n + 1, sizeof *a->verdicts);
    a->indexes = arena_new(arena, n + 1, sizeof *a->indexes);
    a->envelope = entry->envelope;
    a->envelope.rcpts = arena_new(arena, n + 1, sizeof *a->envelope.rcpts);
    a->envelope.n_rcpts = 0;
    for (size_t i = 0; i < n; i++) {
        if (entry->state.marks[i] != MARK_TODO)
            continue;
        a->indexes[a->envelope.n_rcpts] = i;
        a->envelope.rcpts[a->envelope.n_rcpts++] = entry->envelope.rcpts[i];
    }
}

/* All that are left share a reason. */
static void fail_all(struct attempt *a, enum stage stage, const struct err *why)
{
    a->delivery = (struct delivery){ 0 };
    delivery_grow(&a->delivery, a->envelope.n_rcpts);
    delivery_fail(&a->delivery, stage, why);
}

static enum worker_result settle_it(struct attempt *a, bool tried)
{
    const struct carrier *c = a->carrier;
    for (size_t i = 0; i < a->delivery.n; i++)
        a->verdicts[a->indexes[i]] = a->delivery.verdicts[i];
    struct settlement s = { .setup = c->setup,
                            .account = c->account,
                            .schedule = &c->schedule,
                            .standing = &c->standing,
                            .item = &a->item,
                            .verdicts = a->verdicts,
                            .tried = tried,
                            .marked = a->marked,
                            .now = a->now };
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
static void tell(struct attempt *a)
{
    const struct carrier *c = a->carrier;
    const struct state *state = &a->item.entry.state;
    struct delivery *d = &a->delivery;
    struct outcome o = { .name = c->setup->notice.name,
                         .account = c->account,
                         .envelope = &a->envelope,
                         .stored = &a->stored,
                         .delivery = d,
                         .queue_id = a->item.entry.id.text,
                         .status = -1 };
    const char *why = NULL;
    for (size_t i = 0; i < d->n; i++) {
        struct verdict *v = &d->verdicts[i];
        if (!why && v->result != VERDICT_SENT)
            why = v->err.text;
        if (state->marks[a->indexes[i]] == MARK_TODO && v->result != VERDICT_AMBIGUOUS)
            v->result = VERDICT_QUEUED;
    }
    notice_outcome(&c->setup->notice, &o);
    notice_show(&c->setup->notice, "%s: sent to %zu of %zu%s%s", o.queue_id,
                outcome_count(&o, VERDICT_SENT), d->n, why ? ": " : "", why ? why : "");
}

/* The account was in trouble before: only looks whether the message's time is over. */
static enum worker_result pass_over(struct attempt *a)
{
    const struct standing *standing = &a->carrier->standing;
    ERR why = { 0 };
    err_set(&why, standing->permanent ? ERR_CONFIG : ERR_TEMPORARY, "%s",
            standing->text ? standing->text : "the account is in trouble");
    fail_all(a, standing->stage, &why);
    enum worker_result result = settle_it(a, false);
    return result == WORKER_DEFERRED ? WORKER_TROUBLE : result;
}

/* Who wants everything tried does not want twice what may have arrived. */
static bool is_due(const struct attempt *a)
{
    const struct carrier *c = a->carrier;
    const struct state *state = &a->item.entry.state;
    return schedule_is_due(&c->schedule, state->next_s, a->now) ||
           (c->setup->all && !state_is_ambiguous(state));
}

/* False, always. A time that is set already is more than the message's own. */
static bool over(struct attempt *a, enum worker_result result)
{
    struct worker_report *report = &a->report;
    report->result = result;
    if (report->next_s || result == WORKER_LATER)
        return false;
    report->next_s =
        result == WORKER_TROUBLE ? a->carrier->standing.next_s : a->item.entry.state.next_s;
    return false;
}

static bool take_up(struct attempt *a)
{
    ERR e = { 0 };
    select_recipients(a);
    bool held = a->item.entry.state.ambiguous >= SCHEDULE_AMBIGUOUS_MAX;
    if (!a->envelope.n_rcpts || held || !is_due(a))
        return over(a, settle_it(a, false));
    if (a->carrier->in_trouble)
        return over(a, pass_over(a));
    a->report.next_s = carrier_pace(a->carrier);
    if (a->report.next_s)
        return over(a, WORKER_LATER);
    if (item_stored(&a->item, &a->stored, &e) == 0)
        return true;
    fail_all(a, STAGE_BODY, &e);
    enum worker_result result = settle_it(a, true);
    tell(a);
    return over(a, result);
}

bool attempt_begin(struct attempt *a, struct carrier *c, const struct worker_job *job)
{
    ERR e = { 0 };
    struct worker_job place = *job;
    *a = (struct attempt){ .carrier = c, .now = time(NULL), .report = { .id = job->id } };
    switch (open_item(a, &place, &e)) {
    case ITEM_GONE: return over(a, WORKER_GONE);
    case ITEM_BUSY: return over(a, WORKER_BUSY);
    case ITEM_BAD: return over(a, misfit(a, &place, &e));
    case ITEM_OPEN: break;
    }
    if (check(a, &e) < 0)
        return over(a, misfit(a, &place, &e));
    return take_up(a);
}

struct cargo attempt_cargo(const struct attempt *a)
{
    struct intent intent = { .fd = a->item.fd,
                             .at = item_sending_at(&a->item),
                             .mark = STATE_SENDING };
    return (struct cargo){ .envelope = &a->envelope, .stored = &a->stored, .intent = intent };
}

void attempt_settle(struct attempt *a)
{
    struct carrier *c = a->carrier;
    a->now = time(NULL);
    bool tried = !c->in_trouble || is_any_decided(&a->delivery);
    enum worker_result result = settle_it(a, tried);
    tell(a);
    over(a, c->in_trouble && result == WORKER_DEFERRED ? WORKER_TROUBLE : result);
}

void attempt_send(struct attempt *a)
{
    if (a->carrier->in_trouble) {
        over(a, pass_over(a));
        return;
    }
    struct cargo cargo = attempt_cargo(a);
    carrier_send(a->carrier, &cargo, &a->delivery, &a->marked);
    attempt_settle(a);
}

void attempt_put_back(struct attempt *a)
{
    ERR e = { 0 };
    a->item.entry.state.sending = false;
    if (a->marked && item_write_state(&a->item, true, &e) < 0)
        notice_tell(&a->carrier->setup->notice, e.hint, "%s: %s", a->item.entry.id.text, e.text);
    over(a, WORKER_BUSY);
}

void attempt_done(struct attempt *a)
{
    delivery_done(&a->delivery);
    stored_done(&a->stored);
    item_close(&a->item);
}
