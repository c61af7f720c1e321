#include "mail/header.h"

#include <string.h>

/* ftext of RFC 5322 section 3.6.8: printable US-ASCII but the colon. */
static bool is_name_octet(char c)
{
    return c > 32 && c < 127 && c != ':';
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Octets of the name, and behind it in `colon` where the colon stands; 0 without either. */
static size_t name_length(struct span line, size_t *colon)
{
    size_t name = 0;
    while (name < line.len && is_name_octet(line.at[name]))
        name++;
    size_t end = name;
    while (end < line.len && ascii_is_blank(line.at[end]))
        end++;
    if (end == line.len || line.at[end] != ':')
        return 0;
    *colon = end;
    return name;
}

bool header_is_field_line(struct span line)
{
    size_t colon = 0;
    if (line.len > HEADER_LINE_MAX)
        line.len = HEADER_LINE_MAX;
    return name_length(line, &colon) > 0;
}

/* The first line and the continuation lines behind it. */
static size_t field_length(struct span block)
{
    size_t len = 0;
    do {
        const char *end = memchr(block.at + len, '\n', block.len - len);
        len = end ? (size_t)(end - block.at) + 1 : block.len;
    } while (len < block.len && ascii_is_blank(block.at[len]));
    return len;
}

struct field header_field(struct span raw)
{
    struct field f = { .name = { "", 0 }, .value = raw, .raw = raw };
    size_t colon = 0;
    size_t name = name_length(raw, &colon);
    if (name) {
        f.name = (struct span){ raw.at, name };
        f.value = span_from(raw, colon + 1);
    }
    if (f.value.len && f.value.at[f.value.len - 1] == '\n')
        f.value.len--;
    if (f.value.len && f.value.at[f.value.len - 1] == '\r')
        f.value.len--;
    return f;
}

static size_t count_lines(struct span block)
{
    size_t n = 1;
    for (size_t i = 0; i < block.len; i++)
        n += block.at[i] == '\n';
    return n;
}

void header_parse(struct arena *a, struct span block, struct header *ret)
{
    *ret = (struct header){ .fields = arena_new(a, count_lines(block), sizeof(struct field)) };
    while (block.len) {
        struct span raw = { block.at, field_length(block) };
        ret->fields[ret->n++] = header_field(raw);
        block = span_from(block, raw.len);
    }
}

const struct field *header_find(const struct header *h, const char *name, size_t start)
{
    for (size_t i = start; i < h->n; i++)
        if (span_iis(h->fields[i].name, name))
            return &h->fields[i];
    return NULL;
}

bool header_has(const struct header *h, const char *name)
{
    return header_find(h, name, 0) != NULL;
}

const char *header_value(struct arena *a, const struct field *field)
{
    struct span text = span_trim(field->value);
    char *value = arena_new(a, text.len + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (!is_line_end(text.at[i]))
            value[len++] = text.at[i];
    return value;
}

void header_insert(struct arena *a, struct header *h, size_t at, struct span raw)
{
    struct field *fields = arena_new(a, h->n + 1, sizeof *fields);
    if (at)
        memcpy(fields, h->fields, at * sizeof *fields);
    fields[at] = header_field(raw);
    if (h->n > at)
        memcpy(fields + at + 1, h->fields + at, (h->n - at) * sizeof *fields);
    h->fields = fields;
    h->n++;
}

void header_append(struct arena *a, struct header *h, struct span raw)
{
    header_insert(a, h, h->n, raw);
}

void header_replace(struct header *h, size_t at, struct span raw)
{
    h->fields[at] = header_field(raw);
}

size_t header_remove(struct header *h, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->n; i++)
        if (!span_iis(h->fields[i].name, name))
            h->fields[kept++] = h->fields[i];
    size_t removed = h->n - kept;
    h->n = kept;
    return removed;
}
