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
    bool given;    /* by body_of_file */
    uint64_t base; /* where it begins in the file */
    uint64_t size;
};

/* Zeroed is empty. */
void body_done(struct body *b);

/* A body that stands in a file already, `size` octets from `base` on. Takes the descriptor over; it
 * is read without its position being used or changed, so others may share it. Nothing can be added.
 * What body_next cannot read of it is ERR_TEMPORARY: the file is there and may be read another
 * time. */
void body_of_file(struct body *ret, int fd, uint64_t base, uint64_t size);

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

/* The next piece from `offset` on, at most `most` octets. 1, 0 at the end, -1 with ERR_IO (or
 * ERR_TEMPORARY, see above). */
int body_next(const struct body *b, uint64_t offset, size_t most, struct body_piece *ret,
              struct err *e) MUST_USE;

#endif
