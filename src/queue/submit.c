#include "queue/submit.h"

#include "base/random.h"
#include "base/sig.h"
#include "queue/commit.h"
#include "queue/replies.h"
#include "queue/schedule.h"
#include "queue/standing.h"

#include <stdlib.h>
#include <time.h>

/* Which of them. */

static bool is_to_be_kept(const struct verdict *v)
{
    switch (v->result) {
    case VERDICT_PENDING:
    case VERDICT_AMBIGUOUS: return true;
    case VERDICT_FAILED: return err_is_temporary(&v->err);
    case VERDICT_SENT:
    case VERDICT_REFUSED:
    case VERDICT_QUEUED: return false;
    }
    return false;
}

/* The envelope with the recipients that are to be kept alone. */
static struct envelope select_recipients(struct arena *a, const struct envelope *all,
                                         const struct delivery *d)
{
    struct envelope kept = *all;
    kept.rcpts = arena_new(a, all->n_rcpts, sizeof *kept.rcpts);
    kept.n_rcpts = 0;
    for (size_t i = 0; i < all->n_rcpts; i++)
        if (is_to_be_kept(&d->verdicts[i]))
            kept.rcpts[kept.n_rcpts++] = all->rcpts[i];
    return kept;
}

/* When to try again. */

/* What has failed for the account as a whole waits for the account, not for a time of its own: so
 * the mail of a bad hour goes out in its order. */
static bool is_of_account(const struct verdict *v)
{
    return v->result == VERDICT_PENDING ||
           (v->result != VERDICT_AMBIGUOUS && standing_concerns(v->stage, &v->err));
}

static void note_attempt(struct state *state, const struct queue_opts *opts,
                         const struct delivery *d)
{
    struct schedule schedule = { opts->retry_s, opts->retry_n };
    int64_t now = time(NULL);
    for (size_t i = 0; i < d->n; i++) {
        const struct verdict *v = &d->verdicts[i];
        if (v->result == VERDICT_AMBIGUOUS)
            state->ambiguous = 1;
        if (is_to_be_kept(v) && !is_of_account(v))
            state->attempts = 1;
    }
    if (!state->attempts)
        return;
    state->last_s = now;
    state->next_s = now + schedule_pause_after(&schedule, state->attempts, state->ambiguous,
                                               (uint32_t)random_number());
}

/* For whoever looks at the queue: why it was not sent at once. */
static void print_replies(const struct delivery *d, struct buf *to)
{
    size_t index = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!is_to_be_kept(&d->verdicts[i]))
            continue;
        if (d->verdicts[i].result != VERDICT_PENDING)
            reply_print_last(index, &d->verdicts[i], to);
        index++;
    }
}

/* Keeping. */

static bool was_tried(const struct delivery *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->verdicts[i].result != VERDICT_PENDING)
            return true;
    return d->session.result != VERDICT_PENDING;
}

static int write_entry(const struct submit_request *request, struct entry *entry,
                       const struct delivery *d, struct err *e)
{
    const struct spool_limits limits = { request->opts->max_messages, request->opts->max_bytes };
    struct spool spool;
    if (!request->spool)
        return err_set(e, ERR_TEMPORARY, "%s", request->no_spool);
    if (spool_open(request->spool, true, &spool, e) < 0)
        return -1;
    int done = spool_check_room(&spool, limits, stored_size(request->parcel.stored), e);
    enum folder folder = was_tried(d) ? FOLDER_DEFER : FOLDER_NEW;
    sig_hold(); /* who dies of a signal has kept nothing */
    if (done == 0)
        done = spool_commit(&spool, entry, request->parcel.stored, folder, e);
    spool_close(&spool);
    return done < 0 ? -1 : 0;
}

static void settle(struct delivery *d, const struct err *problem)
{
    for (size_t i = 0; i < d->n; i++) {
        struct verdict *v = &d->verdicts[i];
        if (!is_to_be_kept(v))
            continue;
        if (!problem->kind) {
            v->result = VERDICT_QUEUED;
        } else if (v->result == VERDICT_PENDING) {
            v->result = VERDICT_FAILED;
            err_copy(&v->err, problem);
        }
    }
}

void submit_keep(const struct submit_request *request, struct submitted *ret)
{
    ARENA a = { 0 };
    BUF replies = { 0 };
    const struct parcel *parcel = &request->parcel;
    struct envelope kept = select_recipients(&a, parcel->envelope, &ret->delivery);
    if (!kept.n_rcpts)
        return;
    struct entry entry = entry_of(&a, &request->route, &kept, parcel->stored);
    note_attempt(&entry.state, request->opts, &ret->delivery);
    print_replies(&ret->delivery, &replies);
    entry.replies = buf_span(&replies);
    if (write_entry(request, &entry, &ret->delivery, &ret->problem) == 0)
        ret->id = entry.id;
    settle(&ret->delivery, &ret->problem);
}

/* From here on TERM and HUP mean: keep what is not delivered, then end. */
void submit(const struct submit_request *request, struct submitted *ret)
{
    struct parcel parcel = request->parcel;
    *ret = (struct submitted){ 0 };
    if (request->mode != QUEUE_MODE_DIRECT)
        sig_defer();
    if (request->mode == QUEUE_MODE_TRY)
        parcel.budget_ms = request->opts->budget_ms;
    if (request->mode == QUEUE_MODE_QUEUE)
        delivery_grow(&ret->delivery, parcel.envelope->n_rcpts);
    else
        deliver(&parcel, &ret->delivery);
    if (request->mode != QUEUE_MODE_DIRECT)
        submit_keep(request, ret);
}

void submitted_done(struct submitted *s)
{
    delivery_done(&s->delivery);
    err_done(&s->problem);
    *s = (struct submitted){ 0 };
}
