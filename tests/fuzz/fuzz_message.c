/* A message read in any division is the same message. What is stored of it is canonical: CRLF only,
 * no NUL, no line over 998 octets, no Bcc; it is its own stored form; and the wire form has the
 * octets that SIZE announces. The first octet picks the account, the second the size of pieces. */
#include "fuzz.h"

#include "base/utf8.h"
#include "mail/reader.h"
#include "mail/wire.h"

#include <string.h>

static const struct addr sender = { .local = "me", .domain = "example.org" };

static struct mail_opts pick_opts(uint8_t octet)
{
    return (struct mail_opts){
        .from = octet & 1 ? "me@example.org" : NULL,
        .maildomain = octet & 2 ? "example.net" : NULL,
        .rewrite_from = (enum rewrite_from)((octet >> 2) % 3),
        .set_date = octet & 16,
        .set_message_id = octet & 32,
        .undisclosed_recipients = octet & 64,
    };
}

static int read_message(struct span in, size_t piece, bool dot_ends, struct message *m)
{
    ERR e = { 0 };
    CLEANUP(reader_done) struct reader r;
    reader_init(&r, m, (struct message_limits){ .dot_ends = dot_ends });
    int result = 0;
    for (; in.len && result == 0; in = span_from(in, piece))
        result = reader_feed(&r, (struct span){ in.at, in.len < piece ? in.len : piece }, &e);
    return result < 0 ? -1 : reader_finish(&r, &e);
}

static bool same_traits(const struct traits *a, const struct traits *b)
{
    return a->eight_bit == b->eight_bit && a->lines == b->lines && a->longest == b->longest &&
           a->bare_crs == b->bare_crs && a->nuls == b->nuls;
}

static bool same_body(const struct body *a, const struct body *b)
{
    return a->size == b->size && span_eq(body_borrow_at(a, 0), body_borrow_at(b, 0));
}

static bool same_cleaned(const struct header *a, const struct header *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (a->fields[i].cleaned != b->fields[i].cleaned)
            return false;
    return a->n == b->n;
}

static void check_division(struct span in, size_t piece, bool dot_ends)
{
    CLEANUP(message_done) struct message whole = { 0 };
    CLEANUP(message_done) struct message pieces = { 0 };
    int result = read_message(in, in.len + 1, dot_ends, &whole);
    FUZZ_CHECK(read_message(in, piece, dot_ends, &pieces) == result);
    if (result < 0)
        return;
    FUZZ_CHECK(span_eq(buf_span(&whole.block), buf_span(&pieces.block)));
    FUZZ_CHECK(same_body(&whole.body, &pieces.body));
    FUZZ_CHECK(same_traits(&whole.traits, &pieces.traits) || dot_ends);
    FUZZ_CHECK(same_traits(&whole.header_traits, &pieces.header_traits));
    FUZZ_CHECK(same_cleaned(&whole.header, &pieces.header));
}

static void check_canonical(struct span text)
{
    while (text.len) {
        const char *end = memchr(text.at, '\n', text.len);
        FUZZ_CHECK(end && end > text.at && end[-1] == '\r');
        struct span line = { text.at, (size_t)(end - text.at) - 1 };
        FUZZ_CHECK(line.len <= 998 && !span_has(line, '\r') && !span_has(line, '\0'));
        text = span_from(text, line.len + 2);
    }
}

static void collect(const struct stored *s, bool downgrade, struct buf *out)
{
    ERR e = { 0 };
    CLEANUP(wire_done) struct wire w;
    struct span piece;
    uint64_t size = 0;
    int more;
    wire_init(&w, s, downgrade);
    while ((more = wire_next(&w, &piece, &e)) > 0)
        buf_add_span(out, piece);
    FUZZ_CHECK(more == 0);
    FUZZ_CHECK(wire_size(s, downgrade, &size, &e) == 0 && size == out->len);
}

static void check_header(const struct message *m)
{
    static const char *const gone[] = { "Bcc", "Resent-Bcc", "Return-Path", "Content-Length" };
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        FUZZ_CHECK(!header_has(&m->header, gone[i]));
    FUZZ_CHECK(header_has(&m->header, "From") || header_has(&m->header, "DKIM-Signature") ||
               header_has(&m->header, "Resent-From"));
}

/* Reads and plans the stored form again: nothing is left to change. */
static void check_stable(const struct plan_facts *facts, const struct stored *s, struct span text)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF again = { 0 };
    CLEANUP(message_done) struct message m = { 0 };
    CLEANUP(stored_done) struct stored twice = { 0 };
    FUZZ_CHECK(read_message(text, text.len, false, &m) == 0);
    check_header(&m);
    FUZZ_CHECK(plan_store(&a, &m, facts, &twice, &e) == 0);
    collect(&twice, false, &again);
    FUZZ_CHECK(span_eq(buf_span(&again), text));
    FUZZ_CHECK(twice.eight_bit == s->eight_bit && twice.qp_allowed == s->qp_allowed);
    FUZZ_CHECK(twice.utf8_addresses == s->utf8_addresses);
}

static void check_downgrade(const struct stored *s)
{
    BUF text = { 0 };
    collect(s, true, &text);
    check_canonical(buf_span(&text));
    const char *end = strstr(buf_string(&text), "\r\n\r\n");
    FUZZ_CHECK(end);
    struct span body = span_from(buf_span(&text), (size_t)(end - text.at));
    FUZZ_CHECK(!s->qp_allowed || !utf8_has_8bit(body));
}

static void check_storing(struct span in, const struct mail_opts *opts)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF text = { 0 };
    CLEANUP(message_done) struct message m = { 0 };
    CLEANUP(stored_done) struct stored s = { 0 };
    struct plan_facts facts = { opts, &sender, .full_name = "N", .host = "h", .random = { 1, 2 } };
    if (read_message(in, in.len + 1, false, &m) < 0 || plan_store(&a, &m, &facts, &s, &e) < 0)
        return;
    FUZZ_CHECK(!strpbrk(s.message_id, "\r\n"));
    collect(&s, false, &text);
    FUZZ_CHECK(stored_size(&s) == text.len);
    check_canonical(buf_span(&text));
    FUZZ_CHECK(s.eight_bit == utf8_has_8bit(buf_span(&text)));
    check_stable(&facts, &s, buf_span(&text));
    check_downgrade(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct span in = { (const char *)data + 2, size - 2 };
    struct mail_opts opts = pick_opts(data[0]);
    check_division(in, (size_t)data[1] + 1, false);
    check_division(in, (size_t)data[1] + 1, true);
    check_storing(in, &opts);
    return 0;
}
