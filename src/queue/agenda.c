#include "queue/agenda.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

void agenda_done(struct agenda *a)
{
    free(a->items);
    free(a->lines);
    *a = (struct agenda){ 0 };
}

static struct agenda_line empty_line(void)
{
    return (struct agenda_line){ .first = { NONE, NONE }, .last = { NONE, NONE } };
}

static void clear_lines(struct agenda *a)
{
    for (size_t i = 0; i < a->n_lines; i++) {
        bool turn = a->lines[i].deferred_turn;
        a->lines[i] = empty_line();
        a->lines[i].deferred_turn = turn;
    }
}

/* Merging: one walk along three sorted lists. */

struct walk {
    const struct agenda *old;
    const struct id_list *fresh, *deferred;
    size_t at_old, at_fresh, at_deferred;
};

static const struct queue_id *id_at(const struct id_list *list, size_t at)
{
    return list && at < list->n ? &list->items[at] : NULL;
}

static const struct queue_id *lesser(const struct queue_id *a, const struct queue_id *b)
{
    if (!a || !b)
        return a ? a : b;
    return queue_id_compare(a, b) <= 0 ? a : b;
}

/* Steps over `id` if the list is there. */
static bool step(const struct queue_id *there, const struct queue_id *id, size_t *at)
{
    if (!there || queue_id_compare(there, id) != 0)
        return false;
    (*at)++;
    return true;
}

/* What was known and is seen again, or not. A message under way is its worker's business. */
static bool keep_known(struct agenda_item *item, bool seen, enum folder folder, bool all_seen)
{
    if (item->state == AGENDA_SENDING)
        return true;
    if (!seen)
        return !all_seen && item->state != AGENDA_GONE && item->folder == FOLDER_DEFER;
    if (item->folder != folder || item->state == AGENDA_GONE || item->state == AGENDA_BUSY)
        item->state = AGENDA_UNREAD;
    item->folder = (unsigned char)folder;
    return true;
}

/* The next name of all, as an item. False for one that is to be forgotten. */
static bool next_item(struct walk *w, const struct queue_id *id, struct agenda_item *ret)
{
    const struct agenda *old = w->old;
    const struct queue_id *known = w->at_old < old->n ? &old->items[w->at_old].id : NULL;
    bool in_new = step(id_at(w->fresh, w->at_fresh), id, &w->at_fresh);
    bool in_defer = step(id_at(w->deferred, w->at_deferred), id, &w->at_deferred);
    enum folder folder = in_new ? FOLDER_NEW : FOLDER_DEFER;
    if (known && queue_id_compare(known, id) == 0) {
        *ret = old->items[w->at_old++];
        return keep_known(ret, in_new || in_defer, folder, w->deferred != NULL);
    }
    *ret = (struct agenda_item){ .id = *id, .folder = (unsigned char)folder };
    return true;
}

void agenda_merge(struct agenda *a, const struct id_list *fresh, const struct id_list *deferred)
{
    struct walk w = { a, fresh, deferred, 0, 0, 0 };
    size_t room = a->n + fresh->n + (deferred ? deferred->n : 0);
    struct agenda_item *items = mem_new(room ? room : 1, sizeof *items);
    size_t n = 0;
    for (;;) {
        const struct queue_id *known = w.at_old < a->n ? &a->items[w.at_old].id : NULL;
        const struct queue_id *id = lesser(known, id_at(fresh, w.at_fresh));
        id = lesser(id, id_at(deferred, w.at_deferred));
        if (!id)
            break;
        struct queue_id name = *id;
        n += next_item(&w, &name, &items[n]);
    }
    free(a->items);
    a->items = mem_resize(items, n ? n : 1, sizeof *items);
    a->n = n;
    clear_lines(a);
}

struct agenda_item *agenda_find(const struct agenda *a, const struct queue_id *id)
{
    /* the id is an item's first member */
    return a->n ? bsearch(id, a->items, a->n, sizeof *a->items, queue_id_compare) : NULL;
}

/* Lines. */

static void make_lines(struct agenda *a, size_t routes)
{
    if (routes > a->n_lines)
        a->lines = mem_resize(a->lines, routes, sizeof *a->lines);
    for (; a->n_lines < routes; a->n_lines++)
        a->lines[a->n_lines] = empty_line();
}

static void append(struct agenda *a, uint32_t at)
{
    struct agenda_item *item = &a->items[at];
    struct agenda_line *line = &a->lines[item->route];
    bool deferred = item->folder == FOLDER_DEFER;
    item->behind = NONE;
    if (line->first[deferred] == NONE)
        line->first[deferred] = at;
    else
        a->items[line->last[deferred]].behind = at;
    line->last[deferred] = at;
}

static bool is_waiting(const struct agenda *a, const struct agenda_item *item)
{
    return item->state == AGENDA_WAITING && item->route < a->n_lines;
}

void agenda_plan(struct agenda *a, size_t routes, const struct schedule *schedule, int64_t now)
{
    make_lines(a, routes);
    clear_lines(a);
    for (size_t i = 0; i < a->n; i++) {
        const struct agenda_item *item = &a->items[i];
        bool due = schedule ? schedule_is_due(schedule, item->next_s, now) : item->next_s <= now;
        if (is_waiting(a, item) && due)
            append(a, (uint32_t)i);
    }
    for (size_t i = 0; i < a->n && !schedule; i++)
        if (is_waiting(a, &a->items[i]) && a->items[i].next_s > now)
            append(a, (uint32_t)i);
}

bool agenda_has(const struct agenda *a, uint32_t route)
{
    const struct agenda_line *line = route < a->n_lines ? &a->lines[route] : NULL;
    return line && (line->first[0] != NONE || line->first[1] != NONE);
}

struct agenda_item *agenda_take(struct agenda *a, uint32_t route)
{
    if (!agenda_has(a, route))
        return NULL;
    struct agenda_line *line = &a->lines[route];
    bool deferred = line->deferred_turn ? line->first[1] != NONE : line->first[0] == NONE;
    struct agenda_item *item = &a->items[line->first[deferred]];
    line->first[deferred] = item->behind;
    line->deferred_turn = !deferred;
    return item;
}

size_t agenda_count(const struct agenda *a, enum agenda_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        n += a->items[i].state == state;
    return n;
}

size_t agenda_left(const struct agenda *a)
{
    return a->n - agenda_count(a, AGENDA_GONE);
}
