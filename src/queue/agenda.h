/* What a runner has before it: every message of new/ and defer/, where each stands, and for each
 * route the line of those whose turn it is. About 40 octets a message. Pure.
 *
 *   unread    its head has not been looked at yet
 *   waiting   for its time, or in its route's line
 *   sending   a worker has it
 *   busy      somebody else has it; look again soon
 *   tried     and still there: not again in this run
 *   aside     not for us: unreadable, or another version's
 *   gone      delivered, given up, held, or taken away
 *
 * New and deferred messages take turns, each oldest first: so neither keeps the other from its
 * turn. */
#ifndef QUEUE_AGENDA_H
#define QUEUE_AGENDA_H

#include "queue/schedule.h"
#include "queue/spool.h"

enum agenda_state {
    AGENDA_UNREAD,
    AGENDA_WAITING,
    AGENDA_SENDING,
    AGENDA_BUSY,
    AGENDA_TRIED,
    AGENDA_ASIDE,
    AGENDA_GONE,
};

struct agenda_item {
    struct queue_id id;
    uint32_t route;
    int64_t next_s;
    uint32_t behind;      /* in its line */
    unsigned char folder; /* enum folder: new or defer */
    unsigned char state;  /* enum agenda_state */
};

struct agenda_line {
    uint32_t first[2], last[2]; /* of new and of deferred messages */
    bool deferred_turn;
};

struct agenda {                /* zeroed is empty */
    struct agenda_item *items; /* by id */
    size_t n;
    struct agenda_line *lines; /* one a route */
    size_t n_lines;
};

void agenda_done(struct agenda *a);

/* Takes up what is in new/, and (if not NULL) in defer/; both lists are sorted. What was there and
 * is in neither list any more is forgotten, if both are given. A message that has come from one
 * folder to the other behind our back is unread again. Lines are empty afterwards. */
void agenda_merge(struct agenda *a, const struct id_list *fresh, const struct id_list *deferred);

/* The message of that name, or NULL. Borrowed until the next merge. */
struct agenda_item *agenda_find(const struct agenda *a, const struct queue_id *id);

/* Puts every waiting message that is due (or with `schedule` NULL: every one, those that are due
 * first) into its route's line. `routes` is how many there are. */
void agenda_plan(struct agenda *a, size_t routes, const struct schedule *schedule, int64_t now);

/* The next of a route's line, which leaves the line; NULL when it is empty. */
struct agenda_item *agenda_take(struct agenda *a, uint32_t route);
bool agenda_has(const struct agenda *a, uint32_t route);

/* How many are in that state; how many are in the queue at all. */
size_t agenda_count(const struct agenda *a, enum agenda_state state);
size_t agenda_left(const struct agenda *a);

#endif
