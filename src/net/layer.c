#include "net/layer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int layer_lost(int errnum, struct err *e)
{
    if (errnum == EPIPE)
        return err_set(e, ERR_CLOSED, "the server closed the connection");
    if (errnum == ECONNRESET)
        return err_set(e, ERR_CLOSED, "the server reset the connection");
    return err_system(e, ERR_CLOSED, errnum, "the connection is lost");
}

static ssize_t result(ssize_t n, struct err *e)
{
    if (n >= 0)
        return n;
    return errno == EAGAIN ? LAYER_AGAIN : layer_lost(errno, e);
}

ssize_t layer_send(int fd, struct span from, struct err *e)
{
    ssize_t n;
    do
        n = send(fd, from.at, from.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return result(n, e);
}

ssize_t layer_receive(int fd, char *to, size_t len)
{
    ssize_t n;
    do
        n = recv(fd, to, len, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Clear text. */

static ssize_t plain_read(struct layer *l, char *to, size_t len, struct err *e)
{
    return result(layer_receive(l->fd, to, len), e);
}

static ssize_t plain_write(struct layer *l, struct span from, struct err *e)
{
    return layer_send(l->fd, from, e);
}

static int nothing_to_push(struct layer *l, struct err *e)
{
    (void)l;
    (void)e;
    return 0;
}

static bool no_hidden_input(const struct layer *l)
{
    (void)l;
    return false;
}

static size_t nothing_held(const struct layer *l)
{
    (void)l;
    return 0;
}

static void no_bye(struct layer *l)
{
    (void)l;
}

static void layer_free(struct layer *l)
{
    free(l);
}

struct layer *layer_new_plain(int fd)
{
    static const struct layer_ops ops = {
        plain_read, plain_write, nothing_to_push, no_hidden_input, nothing_held, no_bye, layer_free,
    };
    struct layer *plain = mem_new(1, sizeof *plain);
    *plain = (struct layer){ &ops, fd };
    return plain;
}

/* A script. */

struct memory {
    struct layer layer;
    struct span script;
    size_t step;
    struct buf *sent;
};

static ssize_t memory_read(struct layer *l, char *to, size_t len, struct err *e)
{
    struct memory *m = (struct memory *)l;
    (void)e;
    size_t n = m->script.len;
    if (m->step && n > m->step)
        n = m->step;
    if (n > len)
        n = len;
    memcpy(to, m->script.at, n);
    m->script = span_from(m->script, n);
    return (ssize_t)n;
}

static ssize_t memory_write(struct layer *l, struct span from, struct err *e)
{
    struct memory *m = (struct memory *)l;
    (void)e;
    buf_add_span(m->sent, from);
    return (ssize_t)from.len;
}

struct layer *layer_new_memory(struct span script, size_t step, struct buf *sent)
{
    static const struct layer_ops ops = {
        memory_read,  memory_write, nothing_to_push, no_hidden_input,
        nothing_held, no_bye,       layer_free,
    };
    struct memory *m = mem_new(1, sizeof *m);
    *m = (struct memory){ { &ops, -1 }, script.at ? script : SPAN(""), step, sent };
    return &m->layer;
}
