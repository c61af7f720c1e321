/* The messages of the queue one after the other, oldest first; those that were given up last. */
#ifndef CMD_QUEUE_WALK_H
#define CMD_QUEUE_WALK_H

#include "queue/spool.h"

struct queue_walk { /* zeroed: nothing */
    struct id_list lists[FOLDERS_KEPT];
    size_t at[FOLDERS_KEPT];
};

/* Notes what is there now, in the folders whose bit (1 << FOLDER_…) is set. -1 with
 * ERR_TEMPORARY. */
int queue_walk_start(const struct spool *s, unsigned folders, struct queue_walk *ret,
                     struct err *e) MUST_USE;

/* The next one and where it was then; false at the end. Never one twice. */
bool queue_walk_next(struct queue_walk *w, struct queue_id *id, enum folder *folder);

/* How many there may be yet: what moved meanwhile counts twice. */
size_t queue_walk_left(const struct queue_walk *w);

void queue_walk_done(struct queue_walk *w);

/* Finds the message that `word` means: its name, or the beginning of one that no other has; case
 * does not matter. -1 with ERR_DATA: no such message, or several; ERR_TEMPORARY. */
int queue_walk_find(const struct spool *s, struct span word, struct queue_id *id,
                    enum folder *folder, struct err *e) MUST_USE;

#endif
