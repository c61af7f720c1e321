#include "mail/body.h"

#include "base/io.h"

#include <errno.h>
#include <unistd.h>

void body_done(struct body *b)
{
    if (b->spilled)
        close(b->fd);
    buf_done(&b->memory);
    *b = (struct body){ 0 };
}

void body_of_file(struct body *ret, int fd, uint64_t base, uint64_t size)
{
    *ret = (struct body){ .fd = fd, .spilled = true, .given = true, .base = base, .size = size };
}

static int body_spill(struct body *b, struct err *e)
{
    if (!b->spilled) {
        int fd = io_open_temporary(e);
        if (fd < 0)
            return -1;
        b->fd = fd;
        b->spilled = true;
    }
    if (io_write(b->fd, b->memory.at, b->memory.len) < 0)
        return err_system(e, ERR_IO, errno, "cannot write the message to a temporary file");
    buf_clear(&b->memory);
    return 0;
}

int body_add(struct body *b, struct span octets, struct err *e)
{
    while (octets.len) {
        if (b->memory.len == BODY_MEMORY && body_spill(b, e) < 0)
            return -1;
        size_t room = BODY_MEMORY - b->memory.len;
        size_t n = octets.len < room ? octets.len : room;
        buf_add(&b->memory, octets.at, n);
        b->size += n;
        octets = span_from(octets, n);
    }
    return 0;
}

static uint64_t body_in_file(const struct body *b)
{
    return b->size - b->memory.len;
}

struct span body_borrow_at(const struct body *b, uint64_t offset)
{
    uint64_t in_file = body_in_file(b);
    if (offset < in_file || offset >= b->size)
        return (struct span){ "", 0 };
    return span_from(buf_span(&b->memory), (size_t)(offset - in_file));
}

/* Reads up to `len` octets of the part that is in the file; `offset` lies in it. */
static ssize_t body_read_file(const struct body *b, uint64_t offset, char *to, size_t len,
                              struct err *e)
{
    const char *what = b->given ? "file" : "temporary file";
    enum err_kind kind = b->given ? ERR_TEMPORARY : ERR_IO;
    uint64_t left = body_in_file(b) - offset;
    ssize_t n = io_read_at(b->fd, to, left < len ? (size_t)left : len, b->base + offset);
    if (n < 0)
        return err_system(e, kind, errno, "cannot read the message's %s", what);
    if (n == 0 && len)
        return err_set(e, kind, "the message's %s was cut short", what);
    return n;
}

void body_piece_done(struct body_piece *piece)
{
    buf_done(&piece->room);
    *piece = (struct body_piece){ 0 };
}

int body_next(const struct body *b, uint64_t offset, size_t most, struct body_piece *ret,
              struct err *e)
{
    struct span kept = body_borrow_at(b, offset);
    if (!kept.len && offset < b->size) {
        buf_clear(&ret->room);
        char *room = buf_room(&ret->room, most);
        ssize_t n = body_read_file(b, offset, room, most, e);
        if (n < 0)
            return -1;
        buf_grew(&ret->room, (size_t)n);
        kept = buf_span(&ret->room);
    }
    ret->octets = (struct span){ kept.at, kept.len < most ? kept.len : most };
    return ret->octets.len > 0;
}
