/* The sessions of the service: which processes they are, whose, and whether there is room for one
 * more. */
#ifndef CMD_SERVE_PLACES_H
#define CMD_SERVE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct place {
    pid_t pid; /* 0: free */
    uid_t uid;
};

struct places { /* zeroed: none */
    struct place *items;
    size_t n, busy;
};

void places_done(struct places *p);

/* More of them; there are never fewer, for those may be taken. */
void places_grow(struct places *p, size_t n);

/* A free place for a session of this user, NULL: turn him away. There are `most` sessions in all,
 * and `of_user` of his. When they become few a user may have half of those that are free, so that
 * the last ones are for those who have none. */
struct place *places_find(struct places *p, uid_t uid, int most, int of_user);

void places_take(struct places *p, struct place *place, pid_t pid, uid_t uid);

/* The process has ended. False when it was no session. */
bool places_leave(struct places *p, pid_t pid);

void places_signal(const struct places *p, int number);

#endif
