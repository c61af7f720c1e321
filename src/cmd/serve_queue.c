#include "cmd/serve_queue.h"

#include "cmd/queue.h"

/* Whole lines; to the wire with CRLF and stuffed dots. */
static int put_lines(void *context, struct span octets, struct err *e)
{
    struct dialogue *d = context;
    BUF out = { 0 };
    struct span line;
    while (octets.len && span_next(&octets, '\n', &line)) {
        if (span_starts(line, "."))
            buf_add_char(&out, '.');
        buf_add_span(&out, line);
        buf_add_string(&out, "\r\n");
    }
    return d->ops->write(d, buf_span(&out), e);
}

static int list(struct dialogue *d, struct queue *q, const struct queue_listing *how, struct err *e)
{
    if (queue_enter(q, e) < 0)
        return -1;
    int done = d->ops->write(d, SPAN("250 2.0.0 The queue:\r\n"), e);
    if (done == 0)
        done = queue_list_to(q, how, e);
    return done < 0 ? -1 : d->ops->write(d, SPAN(".\r\n"), e);
}

int serve_queue(struct dialogue *d, const struct serve *serve, uid_t uid, bool json, struct err *e)
{
    struct queue q = { .options = serve->options,
                       .ident = serve->ident,
                       .config = serve->config,
                       .path = serve->spool };
    struct queue_listing how = { .json = json,
                                 .all = uid == 0 || uid == serve->ident.uid,
                                 .uid = uid,
                                 .put = put_lines,
                                 .context = d };
    int done = list(d, &q, &how, e);
    q.config = (struct config){ 0 }; /* the parent's */
    queue_close(&q);
    return done;
}
