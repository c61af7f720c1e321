#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *b)
{
    if (b->secret)
        mem_wipe(b->at, b->cap);
    free(b->at);
    *b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
    if (b->secret)
        mem_wipe(b->at, b->cap);
    b->len = 0;
    b->failed = false;
    if (b->at)
        b->at[0] = '\0';
}

/* A secret may not be left behind by realloc, so its block is copied and wiped by hand. */
static void buf_resize(struct buf *b, size_t cap)
{
    if (!b->secret) {
        b->at = mem_resize(b->at, cap, 1);
    } else {
        char *larger = mem_new(cap, 1);
        if (b->len)
            memcpy(larger, b->at, b->len);
        mem_wipe(b->at, b->cap);
        free(b->at);
        b->at = larger;
    }
    b->cap = cap;
    b->at[b->len] = '\0';
}

char *buf_room(struct buf *b, size_t more)
{
    size_t limit = b->limit ? b->limit : SIZE_MAX / 4;
    if (b->failed || more > limit || b->len > limit - more) {
        b->failed = true;
        return NULL;
    }
    size_t need = b->len + more + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 64;
        buf_resize(b, cap > need ? cap : need);
    }
    return b->at + b->len;
}

void buf_grew(struct buf *b, size_t n)
{
    b->len += n;
    b->at[b->len] = '\0';
}

void buf_add(struct buf *b, const void *octets, size_t len)
{
    char *room = buf_room(b, len);
    if (!room)
        return;
    if (len)
        memcpy(room, octets, len);
    buf_grew(b, len);
}

void buf_add_string(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_add_span(struct buf *b, struct span text)
{
    buf_add(b, text.at, text.len);
}

void buf_add_char(struct buf *b, char c)
{
    char *room = buf_room(b, 1);
    if (!room)
        return;
    *room = c;
    buf_grew(b, 1);
}

void buf_add_number(struct buf *b, uint64_t n, size_t width)
{
    char digits[20]; /* enough for any */
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    for (size_t len = sizeof digits - at; len < width; len++)
        buf_add_char(b, ' ');
    buf_add(b, digits + at, sizeof digits - at);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vaddf(b, format, args);
    va_end(args);
}

void buf_vaddf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *room = len < 0 ? NULL : buf_room(b, (size_t)len);
    if (room) {
        vsnprintf(room, (size_t)len + 1, format, again);
        buf_grew(b, (size_t)len);
    }
    b->failed |= len < 0;
    va_end(again);
}

void buf_drop(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (!n)
        return;
    memmove(b->at, b->at + n, b->len - n);
    buf_truncate(b, b->len - n);
}

void buf_truncate(struct buf *b, size_t len)
{
    if (len >= b->len)
        return;
    if (b->secret)
        mem_wipe(b->at + len, b->len - len);
    b->len = len;
    b->at[len] = '\0';
}

struct span buf_span(const struct buf *b)
{
    return (struct span){ b->at ? b->at : "", b->len };
}

const char *buf_string(const struct buf *b)
{
    return b->at ? b->at : "";
}

char *buf_take(struct buf *b)
{
    char *block = b->at ? b->at : mem_string("");
    *b = (struct buf){ .limit = b->limit, .secret = b->secret };
    return block;
}
