#include "mail/wire.h"

#include "mail/content.h"

void wire_init(struct wire *w, const struct stored *stored, bool downgrade)
{
    *w = (struct wire){ .stored = stored, .downgrade = downgrade && stored->qp_allowed };
}

void wire_done(struct wire *w)
{
    buf_done(&w->header);
    body_piece_done(&w->body);
    buf_done(&w->piece);
    *w = (struct wire){ 0 };
}

static struct span without_empty_line(struct span header)
{
    header.len -= header.len < 2 ? header.len : 2;
    return header;
}

/* The header, saying that the body is quoted-printable. */
static int wire_declare(struct wire *w, struct err *e)
{
    ARENA a = { 0 };
    struct header h;
    header_parse(&a, without_empty_line(buf_span(&w->stored->header)), &h);
    if (content_declare_qp(&a, &h, &w->stored->body, e) < 0)
        return -1;
    for (size_t i = 0; i < h.n; i++)
        buf_add_span(&w->header, h.fields[i].raw);
    buf_add_string(&w->header, "\r\n");
    return 0;
}

static int wire_next_header(struct wire *w, struct span *ret, struct err *e)
{
    if (w->downgrade && wire_declare(w, e) < 0)
        return -1;
    w->header_sent = true;
    *ret = buf_span(w->downgrade ? &w->header : &w->stored->header);
    return 1;
}

/* The body's next octets as they are: 1, 0 at the end, -1. */
static int wire_next_plain(struct wire *w, struct err *e)
{
    int more = body_next(&w->stored->body, w->body_at, WIRE_CHUNK, &w->body, e);
    if (more > 0)
        w->body_at += w->body.octets.len;
    return more;
}

/* Once more for what the encoder has kept back at the end; a piece may vanish in it whole. */
static int wire_next_encoded(struct wire *w, struct err *e)
{
    buf_clear(&w->piece);
    while (!w->piece.len && !w->finished) {
        int more = wire_next_plain(w, e);
        if (more < 0)
            return -1;
        w->finished = more == 0;
        if (w->finished)
            qp_finish(&w->qp, &w->piece);
        else
            qp_feed(&w->qp, w->body.octets, &w->piece);
    }
    return w->piece.len > 0;
}

int wire_next(struct wire *w, struct span *ret, struct err *e)
{
    if (!w->header_sent)
        return wire_next_header(w, ret, e);
    int more = w->downgrade ? wire_next_encoded(w, e) : wire_next_plain(w, e);
    if (more > 0)
        *ret = w->downgrade ? buf_span(&w->piece) : w->body.octets;
    return more;
}

int wire_size(const struct stored *stored, bool downgrade, uint64_t *ret, struct err *e)
{
    CLEANUP(wire_done) struct wire w;
    struct span piece;
    uint64_t size = 0;
    int more = 0;
    wire_init(&w, stored, downgrade);
    if (!w.downgrade) {
        *ret = stored_size(stored);
        return 0;
    }
    while ((more = wire_next(&w, &piece, e)) > 0)
        size += piece.len;
    if (more == 0)
        *ret = size;
    return more;
}
