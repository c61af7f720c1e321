#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *before;
    size_t used;
    size_t size;
    alignas(max_align_t) char at[];
};

enum { ARENA_BLOCK = 4000 };

static void arena_free(struct arena *a, bool wipe)
{
    for (struct arena_block *block = a->last, *before; block; block = before) {
        before = block->before;
        if (wipe)
            mem_wipe(block->at, block->used);
        free(block);
    }
    a->last = NULL;
}

void arena_done(struct arena *a)
{
    arena_free(a, false);
}

void arena_wipe(struct arena *a)
{
    arena_free(a, true);
}

/* A large object gets a block of its own behind the last one, whose room stays in use. */
static struct arena_block *arena_add_block(struct arena *a, size_t need)
{
    bool large = need > ARENA_BLOCK / 4;
    struct arena_block **at = large && a->last ? &a->last->before : &a->last;
    struct arena_block *block = mem_resize(NULL, 1, sizeof *block + (large ? need : ARENA_BLOCK));
    *block = (struct arena_block){ .before = *at, .size = large ? need : ARENA_BLOCK };
    *at = block;
    return block;
}

void *arena_new(struct arena *a, size_t count, size_t size)
{
    size_t need = 0;
    if (__builtin_mul_overflow(count, size, &need) || need > SIZE_MAX / 4)
        return mem_new(SIZE_MAX / 4, 4); /* ends the process: no such memory */
    need = (need + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_block *block = a->last;
    if (!block || block->size - block->used < need)
        block = arena_add_block(a, need);
    void *object = block->at + block->used;
    block->used += need;
    return memset(object, 0, need);
}

void *arena_grow(struct arena *a, void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    *room = *room ? *room * 2 : 8;
    void *larger = arena_new(a, *room, size);
    if (n)
        memcpy(larger, items, n * size);
    return larger;
}

char *arena_string(struct arena *a, struct span text)
{
    char *copy = arena_new(a, text.len + 1, 1);
    if (text.len)
        memcpy(copy, text.at, text.len);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = arena_new(a, len < 0 ? 1 : (size_t)len + 1, 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void strlist_add(struct arena *a, struct strlist *list, const char *text)
{
    list->items = arena_grow(a, list->items, list->n, &list->room, sizeof *list->items);
    list->items[list->n++] = text;
}

bool strlist_equals(const struct strlist *a, const struct strlist *b)
{
    bool equal = a->n == b->n;
    for (size_t i = 0; equal && i < a->n; i++)
        equal = strcmp(a->items[i], b->items[i]) == 0;
    return equal;
}
