/* The header of any message is a row of fields that give back the block; folding leaves no line too
 * long, makes none blank, loses nothing but blanks, and finds nothing more to do. */
#include "fuzz.h"

#include "mail/content.h"
#include "mail/fold.h"
#include "mail/header.h"
#include "mail/reader.h"

#include <string.h>

static struct span next_line(struct span *text)
{
    const char *end = memchr(text->at, '\n', text->len);
    FUZZ_CHECK(end && end > text->at && end[-1] == '\r');
    struct span line = { text->at, (size_t)(end - text->at) - 1 };
    *text = span_from(*text, line.len + 2);
    return line;
}

static size_t count_blank_lines(struct span text)
{
    size_t n = 0;
    while (text.len)
        n += span_trim(next_line(&text)).len == 0;
    return n;
}

static void check_lines_fit(struct span text)
{
    while (text.len)
        FUZZ_CHECK(next_line(&text).len <= HEADER_LINE_MAX);
}

static void add_visible(struct buf *to, struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_blank(text.at[i]) && text.at[i] != '\r' && text.at[i] != '\n')
            buf_add_char(to, text.at[i]);
}

static void check_folding(const struct field *f)
{
    BUF folded = { 0 };
    BUF again = { 0 };
    BUF before = { 0 };
    BUF after = { 0 };
    bool changed = fold_field(&folded, f->raw);
    FUZZ_CHECK(changed == !span_eq(buf_span(&folded), f->raw));
    check_lines_fit(buf_span(&folded));
    FUZZ_CHECK(count_blank_lines(buf_span(&folded)) == count_blank_lines(f->raw));
    add_visible(&before, f->raw);
    add_visible(&after, buf_span(&folded));
    FUZZ_CHECK(span_eq(buf_span(&before), buf_span(&after)));
    FUZZ_CHECK(!fold_field(&again, buf_span(&folded)));
    FUZZ_CHECK(span_ieq(header_field(buf_span(&folded)).name, f->name));
}

static void check_field(struct arena *a, const struct header *h, size_t i)
{
    const struct field *f = &h->fields[i];
    struct span rest = f->raw;
    FUZZ_CHECK(f->name.len > 0);
    FUZZ_CHECK(header_is_field_line(next_line(&rest)));
    FUZZ_CHECK(!strpbrk(header_value(a, f), "\r\n"));
    FUZZ_CHECK(header_find(h, arena_string(a, f->name), i) == f);
    check_folding(f);
}

static void check_header(struct arena *a, const struct message *m)
{
    BUF block = { 0 };
    for (size_t i = 0; i < m->header.n; i++) {
        check_field(a, &m->header, i);
        buf_add_span(&block, m->header.fields[i].raw);
    }
    FUZZ_CHECK(span_eq(buf_span(&block), buf_span(&m->block)));
    FUZZ_CHECK(content_is_text(&m->header) || m->header.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    CLEANUP(message_done) struct message m = { 0 };
    CLEANUP(reader_done) struct reader r;
    reader_init(&r, &m, (struct message_limits){ 0 });
    if (reader_feed(&r, (struct span){ (const char *)data, size }, &e) == 0 &&
        reader_finish(&r, &e) == 0)
        check_header(&a, &m);
    return 0;
}
