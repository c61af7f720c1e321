/* Many small objects that live and die together, as the results of a parse do. Zeroed is valid
 * and empty; nothing is freed alone. Wipe it when it holds secrets. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/mem.h"
#include "base/span.h"

struct arena {
    struct arena_block *last;
};

#define ARENA CLEANUP(arena_done) struct arena

void arena_done(struct arena *a);
void arena_wipe(struct arena *a); /* arena_done, overwriting first */

/* Zeroed, aligned for any object; lives until arena_done. Never NULL. */
void *arena_new(struct arena *a, size_t count, size_t size) MUST_USE;

/* For a growing array: `items` has `n` objects of `size` octets and room for `*room`. Returns the
 * array with room for one more at least, moved if it had none; its old place stays valid. */
void *arena_grow(struct arena *a, void *items, size_t n, size_t *room, size_t size) MUST_USE;

/* NUL-terminated copies. */
char *arena_string(struct arena *a, struct span text) MUST_USE;
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3) MUST_USE;

/* A list of strings in an arena. Zeroed is empty. Items are never NULL. */
struct strlist {
    const char **items;
    size_t n;
    size_t room;
};

void strlist_add(struct arena *a, struct strlist *list, const char *text);

/* The same strings in the same order? */
bool strlist_equals(const struct strlist *a, const struct strlist *b);

#endif
