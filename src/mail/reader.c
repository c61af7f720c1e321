#include "mail/reader.h"

#include "mail/hidden.h"

#include <inttypes.h>
#include <string.h>

enum line_kind { LINE_FIELD, LINE_CONTINUATION, LINE_EMPTY, LINE_MBOX, LINE_OTHER };

void reader_init(struct reader *r, struct message *m, struct message_limits limits)
{
    *r = (struct reader){ .message = m, .limits = limits };
    m->empty = true;
}

void reader_done(struct reader *r)
{
    buf_done(&r->line);
    buf_done(&r->cleaned);
}

/* "From : a@b" is a field in the obsolete syntax, not a mbox line. */
static enum line_kind reader_judge(const struct reader *r, struct span line)
{
    if (!line.len)
        return LINE_EMPTY;
    if (header_is_field_line(line))
        return LINE_FIELD;
    if (ascii_is_blank(*line.at) && r->message->block.len)
        return LINE_CONTINUATION;
    if (r->stage == READER_FIRST && line.len <= HEADER_LINE_MAX &&
        (span_starts(line, "From ") || span_starts(line, ">From ")))
        return LINE_MBOX;
    return LINE_OTHER;
}

static int reader_check_header(const struct reader *r, struct err *e)
{
    if (r->message->block.len + r->line.len > MESSAGE_HEADER_LIMIT)
        return err_set(e, ERR_DATA, "the message's header is larger than 1 MiB");
    return 0;
}

/* Moves the line at hand into the header block. */
static int reader_keep_line(struct reader *r, enum line_kind kind, struct err *e)
{
    struct traits *traits = &r->canon.traits;
    if (reader_check_header(r, e) < 0)
        return -1;
    if (kind == LINE_FIELD)
        buf_add_char(&r->cleaned, 0);
    if (traits->bare_crs || traits->nuls)
        r->cleaned.at[r->cleaned.len - 1] = 1;
    buf_add_span(&r->message->block, buf_span(&r->line));
    traits_add(&r->message->header_traits, traits);
    r->canon = (struct canon){ 0 };
    buf_clear(&r->line);
    return 0;
}

/* Moves what is at hand into the body. */
static int reader_flush(struct reader *r, struct err *e)
{
    struct body *body = &r->message->body;
    if (body_add(body, buf_span(&r->line), e) < 0)
        return -1;
    buf_clear(&r->line);
    r->inside = r->canon.line > 0;
    if (r->limits.max_size && body->size > r->limits.max_size)
        return err_set(e, ERR_DATA, "the message is larger than max_size (%" PRIu64 " octets)",
                       r->limits.max_size);
    return 0;
}

static int reader_end_at_dot(struct reader *r)
{
    buf_clear(&r->line);
    r->canon.traits.lines--;
    r->stage = READER_ENDED;
    return 0;
}

/* What is at hand belongs to the body, unless it ends the message or may still do so. */
static int reader_settle(struct reader *r, struct err *e)
{
    bool at_start = r->limits.dot_ends && !r->inside;
    if (at_start && span_is(buf_span(&r->line), ".\r\n"))
        return reader_end_at_dot(r);
    if (at_start && span_is(buf_span(&r->line), "."))
        return 0;
    return reader_flush(r, e);
}

/* The line at hand is no field: it is the body's first. */
static int reader_end_header(struct reader *r, struct err *e)
{
    r->stage = READER_BODY;
    r->unclosed = r->message->block.len > 0;
    return reader_settle(r, e);
}

static int reader_take_line(struct reader *r, struct err *e)
{
    enum line_kind kind = reader_judge(r, (struct span){ r->line.at, r->line.len - 2 });
    switch (kind) {
    case LINE_FIELD:
    case LINE_CONTINUATION: r->stage = READER_HEADER; return reader_keep_line(r, kind, e);
    case LINE_MBOX: r->stage = READER_HEADER; break;
    case LINE_EMPTY: r->stage = READER_BODY; break;
    case LINE_OTHER: return reader_end_header(r, e);
    }
    r->canon = (struct canon){ 0 };
    buf_clear(&r->line);
    return 0;
}

/* A line too long to wait for its end may be of the body already. */
static int reader_look_ahead(struct reader *r, struct err *e)
{
    struct span line = buf_span(&r->line);
    if (line.len <= HEADER_LINE_MAX || reader_judge(r, line) != LINE_OTHER)
        return reader_check_header(r, e);
    return reader_end_header(r, e);
}

static struct span take_raw_line(struct span *piece)
{
    const char *end = memchr(piece->at, '\n', piece->len);
    struct span line = { piece->at, end ? (size_t)(end - piece->at) + 1 : piece->len };
    *piece = span_from(*piece, line.len);
    return line;
}

static int reader_feed_header(struct reader *r, struct span *piece, struct err *e)
{
    struct span raw = take_raw_line(piece);
    canon_feed(&r->canon, raw, &r->line);
    if (raw.at[raw.len - 1] == '\n')
        return reader_take_line(r, e);
    return reader_look_ahead(r, e);
}

/* By lines where a dot ends the message: then it comes from a person's fingers. */
static int reader_feed_body(struct reader *r, struct span *piece, struct err *e)
{
    struct span raw = r->limits.dot_ends ? take_raw_line(piece) : *piece;
    if (!r->limits.dot_ends)
        *piece = (struct span){ 0 };
    canon_feed(&r->canon, raw, &r->line);
    return reader_settle(r, e);
}

int reader_feed(struct reader *r, struct span piece, struct err *e)
{
    int result = 0;
    r->message->empty &= !piece.len;
    while (piece.len && result == 0 && r->stage != READER_ENDED)
        if (r->stage == READER_BODY)
            result = reader_feed_body(r, &piece, e);
        else
            result = reader_feed_header(r, &piece, e);
    return result < 0 ? -1 : r->stage == READER_ENDED;
}

static void reader_parse(struct reader *r)
{
    struct message *m = r->message;
    header_parse(&m->arena, buf_span(&m->block), &m->header);
    for (size_t i = 0; i < m->header.n; i++)
        m->header.fields[i].cleaned = r->cleaned.at[i];
    m->traits = r->canon.traits;
}

int reader_finish(struct reader *r, struct err *e)
{
    if (r->stage != READER_ENDED)
        canon_finish(&r->canon, &r->line);
    if (r->line.len && r->stage < READER_BODY && reader_take_line(r, e) < 0)
        return -1;
    if (r->line.len && reader_settle(r, e) < 0)
        return -1;
    reader_parse(r);
    return hidden_bcc_check(r->message, r->unclosed, e);
}
