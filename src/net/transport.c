#include "net/transport.h"

#include "base/utf8.h"
#include "net/layer.h"

#include <errno.h>
#include <string.h>

enum {
    RECORD_SIZE = 16 * 1024 + 261, /* a whole one with its header: RFC 8446 section 5.2 */
    CLEAR_SHOWN = 100,
};

struct mark {
    size_t end;
    size_t octets;
};

void transport_done(struct transport *t)
{
    buf_done(&t->raw);
    buf_done(&t->held);
    buf_done(&t->marks);
    buf_done(&t->clear);
}

/* Out. */

ssize_t transport_write(struct transport *t, const struct iovec *pieces, int n)
{
    size_t before = t->held.len;
    for (int i = 0; i < n; i++)
        buf_add(&t->held, pieces[i].iov_base, pieces[i].iov_len);
    return (ssize_t)(t->held.len - before);
}

void transport_mark(struct transport *t, size_t octets)
{
    struct mark mark = { t->held.len, octets };
    buf_add(&t->marks, &mark, sizeof mark);
}

int transport_push(struct transport *t, struct err *e)
{
    while (t->sent < t->held.len) {
        ssize_t n = layer_send(t->fd, span_from(buf_span(&t->held), t->sent), e);
        if (n < 0)
            return (int)n;
        t->sent += (size_t)n;
    }
    buf_clear(&t->held);
    buf_clear(&t->marks);
    t->sent = 0;
    return 0;
}

size_t transport_held(const struct transport *t)
{
    size_t octets = 0;
    for (size_t at = 0; at < t->marks.len; at += sizeof(struct mark)) {
        struct mark mark;
        memcpy(&mark, t->marks.at + at, sizeof mark);
        if (mark.end > t->sent)
            octets += mark.octets;
    }
    return octets;
}

/* In. */

static void note_first_words(struct transport *t)
{
    unsigned char type = (unsigned char)t->raw.at[0];
    bool is_record = type >= 20 && type <= 24; /* RFC 8446 section 5.1, RFC 6520 */
    struct span words = { t->raw.at, t->raw.len < CLEAR_SHOWN ? t->raw.len : CLEAR_SHOWN };
    if (!t->heard && !is_record)
        utf8_add_printable(&t->clear, span_trim(span_line(words)), " ");
    t->heard = true;
}

static ssize_t receive(struct transport *t)
{
    buf_clear(&t->raw);
    t->taken = 0;
    ssize_t n = layer_receive(t->fd, buf_room(&t->raw, RECORD_SIZE), RECORD_SIZE);
    if (n < 0 && errno != EAGAIN)
        t->lost = errno;
    if (n > 0) {
        buf_grew(&t->raw, (size_t)n);
        note_first_words(t);
    }
    return n;
}

/* What leaves only now cannot have been answered: then there is nothing to try. */
ssize_t transport_read(struct transport *t, void *to, size_t len)
{
    if (t->taken == t->raw.len) {
        ERR failure = { 0 };
        if (t->held.len && transport_push(t, &failure) == 0) {
            errno = EAGAIN;
            return -1;
        }
        ssize_t got = receive(t);
        if (got <= 0)
            return got;
    }
    struct span raw = span_from(buf_span(&t->raw), t->taken);
    size_t n = raw.len < len ? raw.len : len;
    memcpy(to, raw.at, n);
    t->taken += n;
    return (ssize_t)n;
}
