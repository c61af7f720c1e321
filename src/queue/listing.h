/* The names in one folder of the spool, one after the other, in no order. */
#ifndef QUEUE_LISTING_H
#define QUEUE_LISTING_H

#include "queue/spool.h"

#include <dirent.h>

struct listing {
    const struct spool *spool;
    enum folder folder;
    DIR *dir; /* NULL: the folder does not exist, which is empty */
};

/* -1 with ERR_TEMPORARY. */
int listing_open(const struct spool *s, enum folder folder, struct listing *ret,
                 struct err *e) MUST_USE;

/* The next name but "." and "..", until the call after it. 1, 0 at the end, -1 with ERR_TEMPORARY.
 */
int listing_next(struct listing *l, const struct dirent **ret, struct err *e) MUST_USE;

void listing_done(struct listing *l);

#endif
