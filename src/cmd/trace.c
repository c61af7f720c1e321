#include "cmd/trace.h"

#include "base/utf8.h"
#include "cmd/say.h"

static void show(const char *prefix, struct span line)
{
    BUF text = { 0 };
    buf_add_string(&text, prefix);
    utf8_add_printable(&text, span_trim(line), " ");
    buf_add_char(&text, '\n');
    say_raw(buf_span(&text));
}

/* Takes the next whole line off the front. */
static bool next_line(struct buf *from, struct buf *line)
{
    struct span rest = buf_span(from), first;
    if (!span_has(rest, '\n'))
        return false;
    span_next(&rest, '\n', &first);
    buf_clear(line);
    buf_add_span(line, first);
    buf_drop(from, first.len + 1);
    return true;
}

static void show_size(uint64_t octets)
{
    BUF line = { 0 };
    buf_addf(&line, "(message, %llu octets)", (unsigned long long)octets);
    show("C: ", buf_span(&line));
}

static void end_content(struct trace *t)
{
    if (t->content && t->octets)
        show_size(t->octets);
    t->content = false;
    t->octets = 0;
}

static void see_in(struct trace *t, struct span octets)
{
    BUF line = { 0 };
    end_content(t);
    buf_add_span(&t->in, octets);
    while (next_line(&t->in, &line)) {
        show("S: ", buf_span(&line));
        t->content = span_starts(buf_span(&line), "354");
    }
}

/* Behind "BDAT size" as much of the message follows. */
static void begin_chunk(struct trace *t, struct span line)
{
    struct span word;
    line = span_trim(line);
    if (!span_word(&line, &word) || !span_is(word, "BDAT") || !span_word(&line, &word) ||
        span_number(word, UINT64_MAX, &t->chunk) < 0)
        return;
    show_size(t->chunk);
}

static void drop_chunk(struct trace *t)
{
    size_t here = t->out.len < t->chunk ? t->out.len : (size_t)t->chunk;
    buf_drop(&t->out, here);
    t->chunk -= here;
}

static void see_out(struct trace *t, struct span octets)
{
    BUF line = { 0 };
    if (t->content) {
        t->octets += octets.len;
        return;
    }
    buf_add_span(&t->out, octets);
    drop_chunk(t);
    while (!t->chunk && next_line(&t->out, &line)) {
        show("C: ", buf_span(&line));
        begin_chunk(t, buf_span(&line));
        drop_chunk(t);
    }
}

static void see(void *context, bool out, struct span octets)
{
    if (out)
        see_out(context, octets);
    else
        see_in(context, octets);
}

/* Notes stand between connections: what one of them has not had is not the next one's. */
static void note(void *context, struct span words)
{
    struct trace *t = context;
    end_content(t);
    t->chunk = 0;
    buf_clear(&t->out);
    show("note: ", words);
}

struct stream_trace trace_hook(struct trace *t)
{
    return t->level ? (struct stream_trace){ see, t, note } : (struct stream_trace){ 0 };
}

void trace_notes(const struct trace *t, const struct strlist *notes)
{
    for (size_t i = 0; t->level && i < notes->n; i++)
        show("note: ", span_of(notes->items[i]));
}

static void show_times(const struct delivery *d)
{
    BUF line = { 0 };
    const struct client_times *times = &d->times;
    buf_addf(&line,
             "times in ms: password %lld, lookup %lld, connect %lld, TLS %lld, greeting %lld, "
             "login %lld, message %lld",
             (long long)d->secret_ms, (long long)times->dial.lookup_ms,
             (long long)times->dial.connect_ms, (long long)times->tls_ms,
             (long long)times->greeting_ms, (long long)times->login_ms,
             (long long)times->transfer_ms);
    show("note: ", buf_span(&line));
}

void trace_delivery(struct trace *t, const struct delivery *d)
{
    BUF line = { 0 };
    trace_notes(t, &d->notes);
    if (t->level < 2)
        return;
    end_content(t);
    buf_addf(&line, "server %s, address %s, port %d", d->server ? d->server : "-",
             d->address && *d->address ? d->address : "-", d->port);
    show("note: ", buf_span(&line));
    buf_clear(&line);
    if (d->tls_version) {
        buf_addf(&line, "%s %s", d->tls_version, d->tls_cipher);
        show("note: ", buf_span(&line));
    }
    show_times(d);
}

void trace_done(struct trace *t)
{
    end_content(t);
    buf_done(&t->in);
    buf_done(&t->out);
}
