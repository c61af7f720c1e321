/* Three queues: what came and is not consumed, what is to be sent, and what ended the stream. The
 * last is told only after everything that came before it has been handed out. */
#include "net/stream.h"

#include "base/mask.h"
#include "base/sig.h"
#include "net/layer.h"
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 16 * 1024,
    RECORD = 16 * 1024,       /* what one of TLS holds */
    INPUT_LIMIT = 128 * 1024, /* not consumed: twice the largest reply (smtp/reply.h) */
    GRACE_MS = 10 * 1000,     /* what a signal leaves us */
};

struct stream {
    struct layer *layer;
    struct tls *tls;           /* the same as `layer`, or NULL */
    struct tls_memory *memory; /* or NULL */
    struct stream_trace trace;
    struct buf line;    /* input that the trace has not seen: less than a line */
    struct mask hidden; /* what was sent as secret */
    struct span veiled; /* how lines begin whose rest is secret */
    struct deadline deadline;
    struct deadline grace; /* set by the first signal */
    struct buf in;
    size_t consumed;
    uint64_t received; /* octets ever read: tells whether there is news */
    struct buf out;
    size_t sent;
    bool at_end;
    struct err failure; /* kind ERR_NONE while all is well */
};

static struct stream *stream_over(struct layer *layer, struct stream_trace trace)
{
    struct stream *s = mem_new(1, sizeof *s);
    s->layer = layer;
    s->trace = trace;
    return s;
}

struct stream *stream_new(int fd, struct stream_trace trace)
{
    return stream_over(layer_new_plain(fd), trace);
}

struct stream *stream_new_memory(struct span script, size_t step, struct buf *sent,
                                 struct stream_trace trace)
{
    return stream_over(layer_new_memory(script, step, sent), trace);
}

void stream_free(struct stream *s)
{
    if (!s)
        return;
    if (s->layer->fd >= 0)
        close(s->layer->fd);
    s->layer->ops->free(s->layer);
    buf_done(&s->in);
    buf_done(&s->out);
    buf_done(&s->line);
    mask_done(&s->hidden);
    err_done(&s->failure);
    free(s);
}

void stream_set_deadline(struct stream *s, struct deadline deadline)
{
    s->deadline = deadline;
}

static void trace(const struct stream *s, bool out, struct span octets)
{
    if (s->trace.see)
        s->trace.see(s->trace.context, out, octets);
}

/* Input goes by whole lines, so that a secret that comes back is found in it. */
static void trace_input(struct stream *s, struct span octets)
{
    struct span rest, line;
    if (!s->trace.see)
        return;
    buf_add_span(&s->line, octets);
    rest = buf_span(&s->line);
    while (span_has(rest, '\n') && span_next(&rest, '\n', &line)) {
        BUF shown = { 0 };
        if (s->veiled.len && span_starts(line, s->veiled.at))
            buf_addf(&shown, "%.*s***\n", SPAN_ARGS(s->veiled));
        else
            buf_add(&shown, line.at, line.len + 1);
        mask_apply(&s->hidden, &shown);
        trace(s, false, buf_span(&shown));
    }
    buf_drop(&s->line, s->line.len - rest.len);
}

void stream_hide(struct stream *s, struct span secret)
{
    mask_add(&s->hidden, secret);
}

void stream_veil(struct stream *s, const char *start)
{
    s->veiled = span_of(start);
}

void stream_conceal(const struct stream *s, struct buf *text)
{
    mask_apply(&s->hidden, text);
}

/* Waiting. */

static int timed_out(const struct stream *s, short events, struct err *e)
{
    if (s->grace.at)
        return err_set(e, ERR_TIMEOUT, "ended by signal %d while waiting for the server",
                       sig_caught());
    return err_set(e, ERR_TIMEOUT,
                   events & POLLOUT ? "the server took no more data in time"
                                    : "the server did not answer in time");
}

static struct deadline deadline_now(struct stream *s)
{
    if (sig_caught() && !s->grace.at && !sig_stop())
        s->grace = deadline_in(GRACE_MS);
    return deadline_min(s->deadline, s->grace);
}

/* A server that lacks TCP_NODELAY sends its second small packet only after our acknowledgement,
 * which the kernel would hold back for 40 ms. It forgets this option now and then. */
static void acknowledge_at_once(const struct stream *s)
{
    int on = 1;
    setsockopt(s->layer->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* Until one of them has news; the first is the stream's own. */
static int wait_for_any(struct stream *s, struct pollfd *list, nfds_t count, struct err *e)
{
    if (list->events == POLLIN)
        acknowledge_at_once(s);
    for (;;) {
        if (sig_stop())
            return err_set(e, ERR_TEMPORARY, "stopped by signal %d", sig_stop());
        struct deadline deadline = deadline_now(s);
        if (deadline_passed(deadline))
            return timed_out(s, list->events, e);
        int n = poll(list, count, deadline_nap(deadline));
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_system(e, ERR_SYSTEM, errno, "poll");
    }
}

/* The events that came, or -1. */
static int stream_wait(struct stream *s, short events, struct err *e)
{
    struct pollfd poller = { .fd = s->layer->fd, .events = events };
    return wait_for_any(s, &poller, 1, e) < 0 ? -1 : poller.revents;
}

/* Input. */

static size_t unread(const struct stream *s)
{
    return s->in.len - s->consumed;
}

static void make_room(struct stream *s)
{
    if (s->consumed == s->in.len)
        buf_clear(&s->in);
    else
        buf_drop(&s->in, s->consumed);
    s->consumed = 0;
}

/* One read: the count, 0 at the end or when the stream has failed, LAYER_AGAIN. */
static ssize_t receive(struct stream *s)
{
    if (s->at_end)
        return 0;
    make_room(s);
    char *room = buf_room(&s->in, READ_SIZE);
    ERR failure = { 0 };
    ssize_t n = s->layer->ops->read(s->layer, room, READ_SIZE, &failure);
    if (n > 0) {
        trace_input(s, (struct span){ room, (size_t)n });
        buf_grew(&s->in, (size_t)n);
        s->received += (size_t)n;
    } else if (n != LAYER_AGAIN) {
        s->at_end = true;
        if (n < 0 && !s->failure.kind)
            err_move(&s->failure, &failure);
        n = 0;
    }
    return n;
}

static void receive_all(struct stream *s)
{
    while (unread(s) < INPUT_LIMIT && receive(s) > 0)
        ;
}

void stream_peek(struct stream *s)
{
    if (s->layer->fd >= 0)
        receive_all(s);
}

bool stream_is_over(const struct stream *s)
{
    return s->at_end || s->failure.kind;
}

struct span stream_input(const struct stream *s)
{
    return span_from(buf_span(&s->in), s->consumed);
}

void stream_consume(struct stream *s, size_t n)
{
    s->consumed += n < unread(s) ? n : unread(s);
}

/* Output. */

static void put(struct stream *s, struct span octets)
{
    if (s->sent) {
        buf_drop(&s->out, s->sent);
        s->sent = 0;
    }
    buf_add_span(&s->out, octets);
}

void stream_put(struct stream *s, struct span octets)
{
    trace(s, true, octets);
    put(s, octets);
}

void stream_put_secret(struct stream *s, struct span octets)
{
    trace(s, true, SPAN("***"));
    stream_hide(s, octets);
    s->out.secret = true;
    put(s, octets);
}

size_t stream_pending(const struct stream *s)
{
    return s->out.len - s->sent + s->layer->ops->held(s->layer);
}

/* Gives the layer what it takes: 0 when nothing is left, LAYER_AGAIN, LAYER_FAILED. */
static int send_some(struct stream *s, struct err *e)
{
    while (s->sent < s->out.len) {
        ssize_t n = s->layer->ops->write(s->layer, span_from(buf_span(&s->out), s->sent), e);
        if (n < 0)
            return (int)n;
        s->sent += (size_t)n;
    }
    buf_clear(&s->out);
    s->out.secret = false;
    s->sent = 0;
    return s->layer->ops->push(s->layer, e);
}

/* Without a copy, as far as it goes. Returns what is left. */
static struct span send_directly(struct stream *s, struct span octets)
{
    while (octets.len >= RECORD) {
        struct span records = { octets.at, octets.len - octets.len % RECORD };
        ssize_t n = s->layer->ops->write(s->layer, records, &s->failure);
        if (n < 0)
            return octets;
        octets = span_from(octets, (size_t)n);
    }
    return octets;
}

void stream_put_large(struct stream *s, struct span octets)
{
    size_t lead = (RECORD - (s->out.len - s->sent) % RECORD) % RECORD;
    trace(s, true, octets);
    if (s->failure.kind || s->at_end || octets.len < lead + RECORD) {
        put(s, octets);
        return;
    }
    put(s, (struct span){ octets.at, lead });
    octets = span_from(octets, lead);
    put(s, send_some(s, &s->failure) == 0 ? send_directly(s, octets) : octets);
    if (s->failure.kind)
        receive_all(s);
}

static int stream_failed(const struct stream *s, struct err *e)
{
    if (!s->failure.kind)
        return err_set(e, ERR_CLOSED, "the server closed the connection");
    err_copy(e, &s->failure);
    return -1;
}

static bool has_hidden_input(const struct stream *s)
{
    return s->layer->fd < 0 || s->layer->ops->has_input(s->layer);
}

/* The kernel takes no more: wait until it does, or until the server has something to say. */
static int wait_to_send(struct stream *s, struct err *e)
{
    bool listen = !s->at_end && unread(s) < INPUT_LIMIT;
    int events = POLLIN;
    if (!listen || !has_hidden_input(s))
        events = stream_wait(s, listen ? POLLIN | POLLOUT : POLLOUT, e);
    if (events < 0)
        return -1;
    if (listen && events != POLLOUT)
        receive(s);
    return 0;
}

int stream_flush(struct stream *s, bool yield, struct err *e)
{
    uint64_t before = s->received;
    if (yield)
        stream_peek(s);
    while (s->received == before) {
        if (s->failure.kind || (s->at_end && stream_pending(s)))
            return stream_failed(s, e);
        int done = send_some(s, &s->failure);
        if (done == 0)
            return 0;
        if (done == LAYER_FAILED)
            receive_all(s);
        else if (wait_to_send(s, e) < 0)
            return -1;
    }
    return 0;
}

static int wait_for_input(struct stream *s, struct err *e)
{
    if (s->at_end || has_hidden_input(s))
        return 0;
    return stream_wait(s, POLLIN, e) < 0 ? -1 : 0;
}

int stream_fill(struct stream *s, struct err *e)
{
    uint64_t before = s->received;
    if (unread(s) >= INPUT_LIMIT)
        return err_set(e, ERR_PROTOCOL, "the server talks without an end");
    if ((!s->at_end || stream_pending(s)) && stream_flush(s, false, e) < 0)
        return -1;
    while (s->received == before) {
        if (wait_for_input(s, e) < 0)
            return -1;
        if (receive(s) == 0)
            return s->failure.kind ? stream_failed(s, e) : 0;
    }
    return 1;
}

bool stream_listen(struct stream *s, int other)
{
    ERR later = { 0 };
    struct pollfd list[] = { { .fd = s->layer->fd, .events = POLLIN },
                             { .fd = other, .events = POLLIN } };
    if (s->at_end || unread(s) || has_hidden_input(s))
        return false;
    return wait_for_any(s, list, 2, &later) == 0 && list[1].revents;
}

/* TLS. */

static int shake_hands(struct stream *s, struct err *e)
{
    int step;
    while ((step = tls_handshake(s->tls, e)) == LAYER_AGAIN) {
        int pushed = s->layer->ops->push(s->layer, e);
        if (pushed == LAYER_FAILED)
            return -1;
        if (stream_wait(s, pushed == LAYER_AGAIN ? POLLOUT : POLLIN, e) < 0) {
            err_context(e, "TLS handshake");
            return -1;
        }
    }
    return step;
}

void stream_remember(struct stream *s, struct tls_memory *memory)
{
    s->memory = memory;
}

static int put_underneath(struct stream *s, const struct net_opts *opts, const char *host,
                          bool is_literal, struct err *e)
{
    struct tls *tls = NULL;
    if (unread(s))
        return err_set(e, ERR_PROTOCOL,
                       "the server sent data in clear text before TLS (possible injection)");
    if (s->tls || s->layer->fd < 0)
        return err_set(e, ERR_INTERNAL, "TLS cannot start here");
    if (tls_new(s->layer->fd, opts, host, is_literal, &tls, e) < 0)
        return -1;
    s->layer->ops->free(s->layer);
    s->layer = tls_layer(tls);
    s->tls = tls;
    if (s->memory)
        tls_remember(tls, s->memory);
    return 0;
}

int stream_start_tls(struct stream *s, const struct net_opts *opts, const char *host,
                     bool is_literal, struct err *e)
{
    if (put_underneath(s, opts, host, is_literal, e) == 0 && shake_hands(s, e) == 0)
        return 0;
    s->at_end = true;
    err_copy(&s->failure, e);
    return -1;
}

const struct tls_facts *stream_tls(const struct stream *s)
{
    return s->tls ? tls_facts(s->tls) : NULL;
}

bool stream_binding(const struct stream *s, const char **type, struct buf *to)
{
    return s->tls && tls_binding(s->tls, type, to);
}

/* The end. */

void stream_bye(struct stream *s)
{
    if (!s->failure.kind)
        s->layer->ops->bye(s->layer);
    if (!s->failure.kind)
        err_set(&s->failure, ERR_CLOSED, "the connection has been closed here");
}

void stream_add_local_literal(const struct stream *s, struct buf *to)
{
    struct sockaddr_storage local = { 0 };
    socklen_t len = sizeof local;
    char text[INET6_ADDRSTRLEN] = "127.0.0.1";
    const struct sockaddr_in *v4 = (const void *)&local;
    const struct sockaddr_in6 *v6 = (const void *)&local;
    if (getsockname(s->layer->fd, (struct sockaddr *)&local, &len) < 0)
        local.ss_family = AF_UNSPEC;
    if (local.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        buf_addf(to, "[IPv6:%s]", text);
        return;
    }
    if (local.ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    buf_addf(to, "[%s]", text);
}
