#include "queue/settle.h"

#include "base/random.h"
#include "base/sig.h"
#include "queue/bounce.h"
#include "queue/commit.h"

enum {
    TOLD_PAUSE_S = 30, /* then a refusal has been told by whoever waited for it, or never will */
};

static const char *id_of(const struct settlement *s)
{
    return s->item->entry.id.text;
}

static struct state *state_of(const struct settlement *s)
{
    return &s->item->entry.state;
}

static size_t left(const struct settlement *s)
{
    return state_count(state_of(s), MARK_TODO);
}

/* A second time, because what fails once on a network's disk may work then. */
static bool write_state(const struct settlement *s, struct err *e)
{
    ERR again = { 0 };
    if (item_write_state(s->item, true, e) == 0 || item_write_state(s->item, true, &again) == 0)
        return true;
    return false;
}

/* 1. Marks. */

static void set_next(const struct settlement *s, bool ambiguous)
{
    struct state *state = state_of(s);
    int64_t pause =
        schedule_pause_after(s->schedule, state->attempts, ambiguous, (uint32_t)random_number());
    state->next_s = s->now + (pause > 0 ? pause : 1);
}

static void count_attempt(const struct settlement *s, bool ambiguous)
{
    struct state *state = state_of(s);
    state->attempts++;
    state->ambiguous += ambiguous;
    state->tried_s += schedule_tried(state->last_s, s->now);
    state->last_s = s->now;
    set_next(s, ambiguous);
}

static bool is_refused(const struct verdict *v)
{
    return v->result == VERDICT_REFUSED && !standing_concerns(v->stage, &v->err);
}

/* True if the outcome was left open. */
static bool set_marks(const struct settlement *s)
{
    struct state *state = state_of(s);
    bool ambiguous = false;
    for (size_t i = 0; i < state->n; i++) {
        const struct verdict *v = &s->verdicts[i];
        if (state->marks[i] != MARK_TODO)
            continue;
        if (v->result == VERDICT_SENT)
            state->marks[i] = MARK_DELIVERED;
        else if (s->awaited && is_refused(v))
            state->marks[i] = MARK_REFUSED;
        ambiguous |= v->result == VERDICT_AMBIGUOUS;
    }
    return ambiguous;
}

/* What is delivered, and about to be removed, needs no words. */
static bool are_replies_of_use(const struct settlement *s)
{
    return s->tried && (s->awaited || left(s) || s->item->entry.nonce);
}

static bool note_verdicts(const struct settlement *s, struct err *e)
{
    struct state *state = state_of(s);
    if (!s->tried && !s->marked)
        return true;
    bool ambiguous = set_marks(s);
    state->sending = false;
    if (s->tried && (left(s) || !s->awaited))
        count_attempt(s, ambiguous);
    else if (s->tried)
        state->next_s = s->now + TOLD_PAUSE_S;
    if (are_replies_of_use(s))
        item_write_replies(s->item, s->verdicts);
    return write_state(s, e);
}

/* Can it come twice, or the bounce of it? */
static bool may_come_twice(const struct settlement *s)
{
    for (size_t i = 0; i < state_of(s)->n; i++) {
        enum verdict_result result = s->verdicts[i].result;
        if (result == VERDICT_SENT || result == VERDICT_AMBIGUOUS || result == VERDICT_REFUSED)
            return true;
    }
    return false;
}

/* It cannot be recorded. If all was delivered, what is removed needs no marks; but a disk that
 * fails so should not get more to do. */
static enum worker_result stuck(const struct settlement *s, const struct err *why)
{
    ERR e = { 0 };
    const struct state *state = state_of(s);
    bool delivered = state_count(state, MARK_DELIVERED) == state->n;
    bool gone = delivered && item_end(s->item, &e) == 0;
    notice_tell(&s->setup->notice, "nothing more is sent before the spool can be written again",
                "%s: what became of it cannot be recorded%s: %s", id_of(s),
                gone || !may_come_twice(s) ? "" : "; it may be sent twice", why->text);
    return WORKER_LATER;
}

/* 2. Giving up. */

static int64_t lifetime_of(const struct settlement *s)
{
    bool bounce = !*s->item->entry.envelope.sender;
    return schedule_lifetime(s->setup->opts->lifetime_ms / 1000, bounce);
}

/* Not while the account needs mending: that is not the message's fault. */
static bool is_expired(const struct settlement *s)
{
    const struct standing *standing = s->standing;
    int64_t tried = state_of(s)->tried_s + (standing->failures ? standing->tried_s : 0);
    if (standing->failures && standing->permanent)
        return false;
    return schedule_is_expired(s->item->entry.created_us / 1000000, s->now, tried, lifetime_of(s));
}

/* Makes a bounce or a notice of delay and commits it. */
static int send_report(const struct settlement *s, struct bounce_facts facts, const bool *about,
                       struct err *e)
{
    ARENA a = { 0 };
    struct bounce bounce;
    facts.account = s->account;
    facts.host = s->setup->ident->host;
    facts.now = s->now;
    if (bounce_make(&a, s->item, &facts, about, s->verdicts, &bounce, e) < 0)
        return -1;
    struct entry entry = entry_of(&a, &s->item->entry.route, &bounce.envelope, &bounce.stored);
    entry.id = bounce.id;
    int done = spool_commit(s->setup->spool, &entry, &bounce.stored, FOLDER_NEW, e);
    stored_done(&bounce.stored);
    return done < 0 ? -1 : 0;
}

/* NULL: nobody, or what is no address. */
static const char *target_of(const struct settlement *s)
{
    ERR ignored = { 0 };
    struct addr addr;
    struct arena *a = &s->item->arena;
    const char *to = bounce_target(&s->item->entry, s->setup->opts->bounce);
    if (!to || addr_parse_one(a, span_of(to), &addr, &ignored) < 0)
        return NULL;
    return addr_wire(a, &addr, &ignored) ? to : NULL;
}

/* Those of `about` who want to hear of it; false if nobody does. */
static bool select_wanted(const struct settlement *s, enum bounce_action action, bool *about)
{
    bool any = false;
    for (size_t i = 0; i < state_of(s)->n; i++) {
        about[i] = about[i] && bounce_is_wanted(&s->item->entry, i, action);
        any |= about[i];
    }
    return any;
}

static bool select_failed(const struct settlement *s, bool expired, bool *about)
{
    const struct state *state = state_of(s);
    bool any = false;
    for (size_t i = 0; i < state->n; i++) {
        const struct verdict *v = &s->verdicts[i];
        bool fails = is_refused(v) || (expired && v->result != VERDICT_PENDING);
        about[i] =
            state->marks[i] == MARK_TODO ? fails : state->marks[i] == MARK_REFUSED && !s->awaited;
        any |= about[i];
    }
    return any;
}

/* Tells the sender of those in `failed`, if anybody wants to know. */
static int tell_sender(const struct settlement *s, const bool *failed, bool expired, struct err *e)
{
    const struct state *state = state_of(s);
    struct arena *a = &s->item->arena;
    const char *to = target_of(s);
    bool *about = arena_new(a, state->n + 1, sizeof *about);
    for (size_t i = 0; i < state->n; i++)
        about[i] = failed[i];
    if (!to || !select_wanted(s, BOUNCE_FAILED, about))
        return 0;
    struct bounce_facts facts = { .to = to, .action = BOUNCE_FAILED, .expired = expired };
    return send_report(s, facts, about, e);
}

/* With what was said to those whose refusal nobody has told. */
static int tell_all(const struct settlement *s, const bool *failed, bool expired, struct err *e)
{
    const struct state *state = state_of(s);
    struct arena *a = &s->item->arena;
    struct last_reply *replies = arena_new(a, state->n + 1, sizeof *replies);
    struct verdict *verdicts = arena_new(a, state->n + 1, sizeof *verdicts);
    struct settlement with = *s;
    with.verdicts = verdicts;
    item_replies(s->item, replies);
    for (size_t i = 0; i < state->n; i++) {
        if (state->marks[i] == MARK_REFUSED)
            reply_recall(&replies[i], &verdicts[i]);
        else
            verdict_copy(&verdicts[i], &s->verdicts[i]);
    }
    int done = tell_sender(&with, failed, expired, e);
    for (size_t i = 0; i < state->n; i++)
        verdict_done(&verdicts[i]);
    return done;
}

static bool give_up(const struct settlement *s, struct err *why)
{
    struct state *state = state_of(s);
    bool *failed = arena_new(&s->item->arena, state->n + 1, sizeof *failed);
    bool expired = is_expired(s);
    ERR e = { 0 };
    if (!s->account || !select_failed(s, expired, failed))
        return true;
    bool recall = state_count(state, MARK_REFUSED) && !s->awaited;
    if ((recall ? tell_all : tell_sender)(s, failed, expired, &e) < 0) {
        notice_tell(&s->setup->notice, e.hint, "%s: its bounce cannot be kept: %s", id_of(s),
                    e.text);
        return true;
    }
    for (size_t i = 0; i < state->n; i++)
        if (failed[i])
            state->marks[i] = MARK_FAILED;
    return write_state(s, why);
}

/* 3. The end. */

/* Has a bounce brought all of it back to somebody? */
static bool was_returned(const struct settlement *s)
{
    const struct entry *entry = &s->item->entry;
    bool wanted = false;
    for (size_t i = 0; i < entry->state.n; i++)
        wanted |= entry->state.marks[i] == MARK_FAILED && bounce_is_wanted(entry, i, BOUNCE_FAILED);
    return wanted && target_of(s) && !bounce_is_too_large(entry);
}

static enum worker_result leave(const struct settlement *s)
{
    const struct notice *notice = &s->setup->notice;
    bool keep = state_count(state_of(s), MARK_FAILED) && !was_returned(s);
    ERR e = { 0 };
    int done = keep ? item_move(s->item, FOLDER_FAILED, true, &e) : item_end(s->item, &e);
    if (done < 0) {
        notice_tell(notice, e.hint, "%s: %s", id_of(s), e.text);
        return WORKER_LATER;
    }
    if (keep)
        notice_tell(notice, NULL, "%s: given up, and kept in failed/", id_of(s));
    return keep ? WORKER_HELD : WORKER_DONE;
}

/* 4. to 6. Waiting. */

static enum worker_result move_to(const struct settlement *s, enum folder folder)
{
    ERR e = { 0 };
    if (s->item->folder != folder && item_move(s->item, folder, folder == FOLDER_HOLD, &e) < 0)
        notice_tell(&s->setup->notice, e.hint, "%s: %s", id_of(s), e.text);
    return s->item->folder == FOLDER_HOLD ? WORKER_HELD : WORKER_DEFERRED;
}

static enum worker_result hold(const struct settlement *s)
{
    enum worker_result result = move_to(s, FOLDER_HOLD);
    if (result == WORKER_HELD)
        notice_tell(&s->setup->notice, "postbag queue release sends it once more",
                    "%s: may have been delivered %u times; held", id_of(s), state_of(s)->ambiguous);
    return result;
}

static bool warning_is_due(const struct settlement *s)
{
    int64_t after = s->setup->opts->warn_after_ms / 1000;
    int64_t age = s->now - s->item->entry.created_us / 1000000;
    return after && age >= after && !state_of(s)->warned && s->account && target_of(s);
}

static void warn(const struct settlement *s)
{
    struct state *state = state_of(s);
    bool *about = arena_new(&s->item->arena, state->n + 1, sizeof *about);
    int64_t lifetime = lifetime_of(s);
    ERR e = { 0 };
    for (size_t i = 0; i < state->n; i++)
        about[i] = state->marks[i] == MARK_TODO && s->verdicts[i].result != VERDICT_PENDING;
    if (!warning_is_due(s) || !select_wanted(s, BOUNCE_DELAYED, about))
        return;
    struct bounce_facts facts = {
        .to = target_of(s),
        .action = BOUNCE_DELAYED,
        .retry_until = lifetime ? s->item->entry.created_us / 1000000 + lifetime : 0
    };
    state->warned = true;
    if (send_report(s, facts, about, &e) < 0 || item_write_state(s->item, true, &e) < 0)
        notice_tell(&s->setup->notice, e.hint, "%s: no notice of its delay: %s", id_of(s), e.text);
}

/* Somebody has yet to tell, or could not be told yet. */
static enum worker_result look_again(const struct settlement *s)
{
    struct state *state = state_of(s);
    if (!left(s) && state->next_s <= s->now)
        state->next_s = s->now + TOLD_PAUSE_S;
    return move_to(s, FOLDER_DEFER);
}

/* A signal waits until all of it stands: a bounce without the marks of those it tells of would be
 * made once more. */
enum worker_result settle(const struct settlement *given)
{
    ERR e = { 0 };
    struct settlement now = *given;
    const struct settlement *s = &now;
    sig_hold();
    now.awaited = (s->tried || state_count(state_of(s), MARK_REFUSED)) && item_is_awaited(s->item);
    if (!note_verdicts(s, &e) || !give_up(s, &e))
        return stuck(s, &e);
    if (state_count(state_of(s), MARK_REFUSED))
        return look_again(s);
    if (!left(s))
        return leave(s);
    if (state_of(s)->ambiguous >= SCHEDULE_AMBIGUOUS_MAX)
        return hold(s);
    warn(s);
    return move_to(s, FOLDER_DEFER);
}
