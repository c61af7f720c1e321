/* The sessions of the service: which processes they are, whose, and whether there is room for one
 * more. Who waits for a verdict only waits as long as nobody needs his place. */
#ifndef CMD_SERVE_PLACES_H
#define CMD_SERVE_PLACES_H

#include "queue/waiter.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct place {
    pid_t pid; /* 0: free */
    uid_t uid;
    struct waiter *waiter; /* the session's; NULL: he is not to be asked */
    int64_t asked_at;      /* clock_ms(); 0: he was not */
};

struct places { /* zeroed: none */
    struct place *items;
    size_t n, busy;
};

void places_done(struct places *p);

/* More of them; there are never fewer, for those may be taken. They are the same to whoever is
 * forked. */
void places_grow(struct places *p, size_t n);

/* A free place for a session of this user, NULL: turn him away. There are `most` sessions in all,
 * and `of_user` of his. When they become few a user may have half of those that are free, so that
 * the last ones are for those who have none. */
struct place *places_find(struct places *p, uid_t uid, int most, int of_user);

/* A session of this user wants a place, and `found` is what places_find says. If there is none, or
 * few are left, of all or of his (less than one of PLACES_SPARE), the one who has waited for a
 * verdict longest is asked to wait no longer: of this user, and of those who have more than he has.
 * Nobody is asked in his first PLACES_PATIENCE_MS, or while enough of the same user (one, or one of
 * PLACES_SPARE) have been asked and may be about to leave. */
enum { PLACES_SPARE = 8, PLACES_PATIENCE_MS = 250, PLACES_LEAVE_MS = 1000 };
void places_press(struct places *p, uid_t uid, const struct place *found, int most, int of_user);

void places_take(struct places *p, struct place *place, pid_t pid, uid_t uid);

/* The process has ended. False when it was no session. */
bool places_leave(struct places *p, pid_t pid);

void places_signal(const struct places *p, int number);

#endif
