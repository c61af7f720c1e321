/* What a process that waits for a verdict shares with the one that has started it: since when it
 * waits, and that it is asked to wait no longer, for others need its place. Both lie in memory that
 * both of them have; each is one word, which nobody sees half written.
 *
 * To be asked is no more than a hint, and for one wait only: it is named by its beginning. Whoever
 * is asked does what he does when his time is over (queue/waiting.h); if it comes too late, or for
 * a wait that is over, nothing happens. */
#ifndef QUEUE_WAITER_H
#define QUEUE_WAITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct waiter {             /* zeroed: does not wait */
    _Atomic uint32_t since; /* clock_ms(), its lower half, never 0; 0: does not wait */
    _Atomic uint32_t asked; /* the `since` of the wait that is to end */
};

/* So many, zeroed, for this process and those that it forks from now on; for good. NULL if there is
 * no memory. */
struct waiter *waiters_new(size_t n);

/* NULL is allowed from here on: somebody whom nobody asks. */

/* The wait begins. From now on sig_poll (base/sig.h) returns when it is asked to end. */
void waiter_begin(struct waiter *w);
bool waiter_is_asked(const struct waiter *w);
void waiter_end(struct waiter *w);

/* For how many milliseconds he waits; -1 if he does not, or has been asked to end it. */
int64_t waiter_ms(const struct waiter *w);

/* Asks the process to end the wait that waiter_ms has told of. */
void waiter_ask(struct waiter *w, pid_t pid);

#endif
