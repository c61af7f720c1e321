/* A message's body: octets in memory while small, beyond BODY_MEMORY in a nameless file, so that
 * memory does not grow with the message. Written once, then read as often as wanted. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include "base/buf.h"
#include "base/err.h"

enum { BODY_MEMORY = 256 * 1024 };

struct body {
    struct buf memory; /* all of it, or what is not yet in the file */
    int fd;            /* valid if `spilled` */
    bool spilled;
    uint64_t size;
};

/* Zeroed is empty. */
void body_done(struct body *b);

/* Appends. -1 with ERR_CREATE or ERR_IO (disk full, …). */
int body_add(struct body *b, struct span octets, struct err *e) MUST_USE;

/* What is in memory from `offset` on, borrowed until the body changes; empty for what is in the
 * file and beyond the end. */
struct span body_borrow_at(const struct body *b, uint64_t offset);

/* A piece of the body: borrowed from memory, or read into `room`. Zeroed is empty. */
struct body_piece {
    struct span octets;
    struct buf room;
};

void body_piece_done(struct body_piece *piece);

/* The next piece from `offset` on, at most `most` octets. 1, 0 at the end, -1 with ERR_IO. */
int body_next(const struct body *b, uint64_t offset, size_t most, struct body_piece *ret,
              struct err *e) MUST_USE;

#endif
