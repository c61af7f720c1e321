/* A spool of its own for each test, in $TMPDIR or /tmp, and messages to put into it. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include "queue/entry.h"
#include "queue/spool.h"

struct scratch {
    char path[64]; /* of the spool, which does not exist yet; in a folder of its own */
    char above[48];
    struct arena arena;
};

void scratch_open(struct scratch *s);
void scratch_remove(struct scratch *s);

/* The spool in it, made. */
struct spool scratch_spool(const struct scratch *s);

/* A message to two recipients with a body of `size` octets, and its entry. */
struct stored scratch_stored(size_t size);
struct entry scratch_entry(struct scratch *s, const struct stored *stored);

/* A spool and such a message, which is not in it yet. */
struct scratch_place {
    struct scratch scratch;
    struct spool spool;
    struct stored stored;
    struct entry entry;
};

void scratch_place_open(struct scratch_place *p, size_t size);
void scratch_place_close(struct scratch_place *p);

/* A whole file below the spool, read or written. */
struct buf scratch_read(const struct scratch *s, const char *name);
void scratch_write(const struct scratch *s, const char *name, struct span octets);

/* How many names a folder holds. */
size_t scratch_names(const struct scratch *s, const char *folder);

#endif
