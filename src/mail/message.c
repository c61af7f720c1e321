#include "mail/message.h"

#include "base/io.h"
#include "mail/reader.h"

#include <errno.h>

enum { PIECE = 64 * 1024 };

void message_done(struct message *m)
{
    arena_done(&m->arena);
    buf_done(&m->block);
    body_done(&m->body);
    *m = (struct message){ 0 };
}

/* The next piece: 1, 0 at the end, -1 with ERR_IO. */
static int message_read_piece(int fd, struct buf *piece, struct err *e)
{
    buf_clear(piece);
    ssize_t n = io_read(fd, buf_room(piece, PIECE), PIECE);
    if (n < 0)
        return err_system(e, ERR_IO, errno, "cannot read the message");
    buf_grew(piece, (size_t)n);
    return n > 0;
}

static void message_drain(int fd, struct buf *piece)
{
    ERR ignored = { 0 };
    while (message_read_piece(fd, piece, &ignored) > 0)
        ;
}

static int message_read_all(int fd, struct reader *r, struct err *e)
{
    BUF piece = { 0 };
    int more = 0, fed = 0;
    while (fed == 0 && (more = message_read_piece(fd, &piece, e)) > 0)
        fed = reader_feed(r, buf_span(&piece), e);
    if (fed < 0 && !r->limits.dot_ends)
        message_drain(fd, &piece);
    return more < 0 || fed < 0 ? -1 : reader_finish(r, e);
}

int message_read(int fd, struct message_limits limits, struct message *ret, struct err *e)
{
    struct message m = { 0 };
    CLEANUP(reader_done) struct reader r;
    reader_init(&r, &m, limits);
    if (message_read_all(fd, &r, e) < 0) {
        message_done(&m);
        return -1;
    }
    *ret = m;
    return 0;
}
