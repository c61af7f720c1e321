/* A growing buffer of octets.
 *
 * Zeroed is valid and empty. Whatever it holds is followed by a NUL that does not count, so
 * buf_string() is free. `limit` (0: none) is the most octets it may ever hold: the addition that
 * would pass it is left out whole, `failed` is set and stays set, and every later addition is left
 * out too, so a caller checks once at the end. A buffer marked `secret` wipes every block that it
 * gives up. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/mem.h"
#include "base/span.h"

#include <stdarg.h>

struct buf {
    char *at;
    size_t len;
    size_t cap;
    size_t limit;
    bool failed;
    bool secret;
};

#define BUF CLEANUP(buf_done) struct buf

/* Frees (and wipes, if secret); the buffer is zeroed and may be used again. */
void buf_done(struct buf *b);

/* Empties without giving memory back; a secret is wiped. `failed` is cleared. */
void buf_clear(struct buf *b);

/* Makes room for `more` octets beyond what is there: the place to put them, or NULL beyond the
 * limit. Follow with buf_grew(b, n) for the `n` octets that were really put. */
char *buf_room(struct buf *b, size_t more);
void buf_grew(struct buf *b, size_t n);

void buf_add(struct buf *b, const void *octets, size_t len);
void buf_add_string(struct buf *b, const char *text);
void buf_add_span(struct buf *b, struct span text);
void buf_add_char(struct buf *b, char c);

/* In decimal, with blanks in front up to `width`. Many times quicker than buf_addf. */
void buf_add_number(struct buf *b, uint64_t n, size_t width);

void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* Drops `n` octets from the front, or everything beyond the first `len`. */
void buf_drop(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t len);

/* What it holds: borrowed until the next change. buf_string() is never NULL. */
struct span buf_span(const struct buf *b);
const char *buf_string(const struct buf *b);

/* Hands the block over to the caller, who frees it; the buffer is empty afterwards. */
char *buf_take(struct buf *b) MUST_USE;

#endif
