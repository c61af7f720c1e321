/* What is there, and which of it goes when. */
#include "queue/attempt.h"
#include "queue/item.h"
#include "queue/round.h"

#include <time.h>

enum { DEATH_PAUSE_S = 60, BUSY_MS = 2000 };

/* Routes. */

static const char *keep(struct round *r, const char *text)
{
    return text ? arena_string(&r->arena, span_of(text)) : NULL;
}

static bool is_due(const struct round *r, int64_t next_s)
{
    return schedule_is_due(&r->schedule, next_s, time(NULL));
}

/* As its account stands: not before the next attempt that is noted there. */
static void open_route(const struct round *r, struct round_route *route)
{
    struct standing standing = { 0 };
    route->next_s = 0;
    if (r->setup->mode == RUNNER_ALL)
        return;
    standing_load(r->spool, &route->route, &standing);
    if (!is_due(r, standing.next_s))
        route->next_s = standing.next_s;
    standing_done(&standing);
}

void round_reopen(struct round *r)
{
    for (size_t i = 0; i < r->n_routes; i++) {
        r->routes[i] = (struct round_route){ .route = r->routes[i].route };
        open_route(r, &r->routes[i]);
    }
}

static uint32_t add_route(struct round *r, const struct route *route)
{
    r->routes = arena_grow(&r->arena, r->routes, r->n_routes, &r->room, sizeof *r->routes);
    struct round_route *added = &r->routes[r->n_routes];
    *added = (struct round_route){ .route = { .config = keep(r, route->config),
                                              .account = keep(r, route->account) } };
    for (size_t i = 0; i < route->sets.n; i++)
        strlist_add(&r->arena, &added->route.sets, keep(r, route->sets.items[i]));
    open_route(r, added);
    return (uint32_t)r->n_routes++;
}

/* n_routes if there is none. */
static size_t find_route(const struct round *r, const struct route *route)
{
    size_t i = 0;
    while (i < r->n_routes && !route_equals(&r->routes[i].route, route))
        i++;
    return i;
}

/* Most messages go the way of the one before. */
static uint32_t take_route(struct round *r, const struct route *route, uint32_t guess)
{
    if (guess < r->n_routes && route_equals(&r->routes[guess].route, route))
        return guess;
    size_t found = find_route(r, route);
    return found < r->n_routes ? (uint32_t)found : add_route(r, route);
}

bool round_may_send(const struct round *r, const struct round_route *route)
{
    if (route->passing)
        return true;
    if (route->closed)
        return false;
    return route->paced ? route->next_s <= time(NULL) : is_due(r, route->next_s);
}

/* Heads. */

static void set_misfit_aside(struct round *r, struct agenda_item *item, const struct err *why)
{
    struct worker_job job = worker_job_of(&item->id, (enum folder)item->folder);
    bool there = attempt_misfit(&r->notice, r->spool, &job, why);
    item->state = there ? AGENDA_ASIDE : AGENDA_GONE;
    item->folder = FOLDER_DEFER;
    r->totals.held += !there;
}

static void read_head(struct round *r, struct agenda_item *item, uint32_t *guess)
{
    struct item file = { 0 };
    ERR e = { 0 };
    switch (item_open(r->spool, (enum folder)item->folder, &item->id, true, &file, &e)) {
    case ITEM_OPEN:
        *guess = take_route(r, &file.entry.route, *guess);
        item->route = *guess;
        item->next_s = file.entry.state.next_s;
        item->state = AGENDA_WAITING;
        item_close(&file);
        break;
    case ITEM_BAD: set_misfit_aside(r, item, &e); break;
    case ITEM_BUSY:
    case ITEM_GONE: item->state = AGENDA_GONE; break;
    }
}

static int scan(struct round *r, struct id_list *fresh, struct id_list *deferred, struct err *e)
{
    if (spool_scan(r->spool, FOLDER_NEW, true, fresh, e) < 0)
        return -1;
    if (!r->look_all)
        return 0;
    return spool_scan(r->spool, FOLDER_DEFER, true, deferred, e);
}

/* The trouble of an account for which no mail waits any more is nobody's. */
static void forget_troubles(const struct round *r)
{
    struct standing_list list = { 0 };
    ERR ignored = { 0 };
    if (standing_scan(r->spool, &list, &ignored) == 0) {
        for (size_t i = 0; i < list.n; i++) {
            struct standing_item *item = &list.items[i];
            if (!item->standing.failures || find_route(r, &item->route) < r->n_routes)
                continue;
            standing_clear(&item->standing);
            standing_save(r->spool, &item->route, &item->standing);
        }
    }
    standing_list_done(&list);
}

int round_look(struct round *r, struct err *e)
{
    struct id_list fresh = { 0 }, deferred = { 0 };
    uint32_t guess = 0;
    bool all = r->look_all;
    int done = scan(r, &fresh, &deferred, e);
    if (done == 0)
        agenda_merge(&r->agenda, &fresh, r->look_all ? &deferred : NULL);
    id_list_done(&fresh);
    id_list_done(&deferred);
    if (done < 0)
        return -1;
    r->busy_until = 0;
    r->look = false;
    r->look_all = false;
    r->replan = true;
    for (size_t i = 0; i < r->agenda.n; i++)
        if (r->agenda.items[i].state == AGENDA_UNREAD)
            read_head(r, &r->agenda.items[i], &guess);
    if (all)
        forget_troubles(r);
    return 0;
}

/* Planning. */

static bool goes_soon(const struct round *r, const struct agenda_item *item)
{
    const struct round_route *route = &r->routes[item->route];
    if (item->state != AGENDA_WAITING)
        return false;
    if (!round_may_send(r, route) && (r->ending || !route->paced))
        return false;
    return r->setup->mode == RUNNER_ALL || is_due(r, item->next_s);
}

void round_put_off(struct round *r, struct agenda_item *item)
{
    item->state = AGENDA_BUSY;
    if (!r->busy_until)
        r->busy_until = clock_ms() + BUSY_MS;
}

/* Out of new/, unless somebody has it. */
static void defer(struct round *r, struct agenda_item *item)
{
    struct item file = { 0 };
    ERR e = { 0 };
    switch (item_open(r->spool, FOLDER_NEW, &item->id, false, &file, &e)) {
    case ITEM_OPEN:
        if (item_move(&file, FOLDER_DEFER, false, &e) == 0)
            item->folder = FOLDER_DEFER;
        else
            notice_tell(&r->notice, e.hint, "%s: %s", item->id.text, e.text);
        item_close(&file);
        break;
    case ITEM_BUSY: round_put_off(r, item); break;
    case ITEM_GONE: item->state = AGENDA_GONE; break;
    case ITEM_BAD: set_misfit_aside(r, item, &e); break;
    }
}

static void clear_new(struct round *r)
{
    for (size_t i = 0; i < r->agenda.n; i++) {
        struct agenda_item *item = &r->agenda.items[i];
        bool waits = item->state == AGENDA_WAITING || item->state == AGENDA_TRIED;
        if (waits && item->folder == FOLDER_NEW && !goes_soon(r, item))
            defer(r, item);
    }
}

void round_plan(struct round *r)
{
    bool all = r->setup->mode == RUNNER_ALL;
    clear_new(r);
    agenda_plan(&r->agenda, r->n_routes, all ? NULL : &r->schedule, time(NULL));
    r->replan = false;
}

/* From what age on a message's time may be over, or a notice due. */
static int64_t age_to_look_at(const struct round *r)
{
    const struct queue_opts *opts = &r->setup->config->queue;
    int64_t age = schedule_lifetime(opts->lifetime_ms / 1000, true);
    if (opts->warn_after_ms && opts->warn_after_ms / 1000 < age)
        age = opts->warn_after_ms / 1000;
    return age;
}

void round_close_route(struct round *r, uint32_t number, int64_t next_s)
{
    struct round_route *route = &r->routes[number];
    int64_t young = time(NULL) - age_to_look_at(r);
    bool watch = r->setup->mode == RUNNER_WATCH;
    route->next_s = next_s;
    route->closed = !watch;
    route->passing = true;
    for (size_t i = 0; i < r->agenda.n; i++) {
        struct agenda_item *item = &r->agenda.items[i];
        if (item->route != number || item->state != AGENDA_WAITING ||
            queue_id_created(&item->id) <= young)
            continue;
        if (!watch)
            item->state = AGENDA_TRIED;
        else if (item->next_s < next_s)
            item->next_s = next_s;
    }
    r->replan = true;
}

/* The mark stays, for whoever takes it up next. */
static void count_attempt(const struct round *r, struct state *state)
{
    int64_t now = time(NULL);
    state->attempts++;
    state->tried_s += schedule_tried(state->last_s, now);
    state->last_s = now;
    state->next_s = now + schedule_pause_after(&r->schedule, state->attempts, state->sending, 0);
}

/* What is delivered already has only to be removed. */
static bool is_to_blame(const struct state *state, bool blamed)
{
    return state->sending || (blamed && state_count(state, MARK_TODO));
}

void round_shelve(struct round *r, struct agenda_item *item, bool blamed)
{
    CLEANUP(item_close) struct item file = { 0 };
    ERR e = { 0 };
    if (item_open(r->spool, (enum folder)item->folder, &item->id, false, &file, &e) != ITEM_OPEN ||
        !is_to_blame(&file.entry.state, blamed))
        return;
    count_attempt(r, &file.entry.state);
    item->next_s = file.entry.state.next_s;
    item->state = r->setup->mode == RUNNER_WATCH ? AGENDA_WAITING : AGENDA_TRIED;
    if (item_write_state(&file, false, &e) < 0 ||
        (file.folder == FOLDER_NEW && item_move(&file, FOLDER_DEFER, false, &e) < 0))
        notice_tell(&r->notice, e.hint, "%s: %s", item->id.text, e.text);
    item->folder = (unsigned char)file.folder;
}

void round_count_death(struct round *r, uint32_t number)
{
    struct round_route *route = &r->routes[number];
    if (++route->deaths < 2)
        return;
    route->closed = r->setup->mode != RUNNER_WATCH;
    route->next_s = time(NULL) + DEATH_PAUSE_S;
    r->replan = true;
}
