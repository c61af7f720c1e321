#include "cmd/service_list.h"

#include "cmd/say.h"
#include "net/dial.h"
#include "net/stream.h"

enum { TIME_MS = 60 * 1000 };

/* A line without its end; borrowed until the next one is asked for. */
static int get_line(struct stream *s, struct buf *line, struct err *e)
{
    buf_clear(line);
    for (;;) {
        struct span input = stream_input(s), rest = input, piece;
        (void)span_next(&rest, '\n', &piece);
        bool whole = rest.at != NULL;
        if (input.len) {
            buf_add_span(line, piece);
            stream_consume(s, piece.len + whole);
        }
        if (whole && input.len)
            break;
        int more = stream_fill(s, e);
        if (more <= 0)
            return more < 0 ? -1 : err_set(e, ERR_CLOSED, "the service closed the connection");
    }
    if (line->len && line->at[line->len - 1] == '\r')
        buf_truncate(line, line->len - 1);
    return 0;
}

/* The last line of a reply with this code, or an error that quotes it. */
static int expect(struct stream *s, const char *code, struct err *e)
{
    BUF line = { 0 };
    do
        if (get_line(s, &line, e) < 0)
            return -1;
    while (line.len > 3 && line.at[3] == '-');
    if (span_starts(buf_span(&line), code))
        return 0;
    return err_set(e, ERR_TEMPORARY, "the service does not list its queue: %s", buf_string(&line));
}

static int command(struct stream *s, const char *line, struct err *e)
{
    stream_put(s, span_of(line));
    stream_put(s, SPAN("\r\n"));
    return expect(s, "250", e);
}

static int copy(struct stream *s, struct err *e)
{
    BUF line = { 0 };
    for (;;) {
        if (get_line(s, &line, e) < 0)
            return -1;
        struct span text = buf_span(&line);
        if (span_is(text, "."))
            return 0;
        bool stuffed = span_starts(text, ".");
        buf_add_char(&line, '\n');
        if (say_out(span_from(buf_span(&line), stuffed), e) < 0)
            return -1;
    }
}

int service_list(const char *socket, bool json, struct err *e)
{
    struct net_opts net = { 0 };
    struct target target = { .host = socket, .is_path = true, .tls = TLS_MODE_OFF };
    struct deadline deadline = deadline_in(TIME_MS);
    int fd = dial(&target, &net, deadline, NULL, e);
    if (fd < 0)
        return -1;
    struct stream *s = stream_new(fd, (struct stream_trace){ 0 });
    stream_set_deadline(s, deadline);
    int done = expect(s, "220", e);
    if (done == 0)
        done = command(s, "LHLO localhost", e);
    if (done == 0)
        done = command(s, json ? "XQUEUE JSON" : "XQUEUE TEXT", e);
    if (done == 0)
        done = copy(s, e);
    stream_free(s);
    return done;
}
