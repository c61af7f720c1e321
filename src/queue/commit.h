/* Puts a message into the queue so that no crash can take it out again.
 *
 * Above the code stands the table of what the disk holds after each step, and what a crash there
 * means. */
#ifndef QUEUE_COMMIT_H
#define QUEUE_COMMIT_H

#include "queue/entry.h"
#include "queue/spool.h"

/* Writes the message with its entry, syncs, and moves it to new/ (or to `folder`). An entry without
 * id gets one. 1 when it is durable; 0 when a message of that id is in the queue already (only with
 * an id of its own: a bounce that was made before), or what is left of it in sent/; -1 when nothing
 * is kept: ERR_TEMPORARY for all that the file system refuses, ERR_IO when the message's own
 * temporary file cannot be read. */
int spool_commit(const struct spool *s, struct entry *entry, const struct stored *stored,
                 enum folder folder, struct err *e) MUST_USE;

/* The same to new/; if it is 1 the message is still locked, by the descriptor `lock`: nobody sends
 * it before that is closed. */
int spool_commit_locked(const struct spool *s, struct entry *entry, const struct stored *stored,
                        int *lock, struct err *e) MUST_USE;

#endif
