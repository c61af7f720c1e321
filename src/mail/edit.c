#include "mail/edit.h"

#include "mail/fold.h"

#include <stdarg.h>
#include <string.h>

static const char *const never_sent[] = { "Bcc", "Resent-Bcc", "Return-Path", "Content-Length" };

static bool has_resent_field(const struct header *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (span_istarts(h->fields[i].name, "Resent-"))
            return true;
    return false;
}

void edit_init(struct edit *ed, struct arena *a, const struct message *m,
               const struct plan_facts *facts)
{
    *ed = (struct edit){ .arena = a, .facts = facts, .header = { .n = m->header.n } };
    ed->header.fields = arena_new(a, m->header.n, sizeof *ed->header.fields);
    if (m->header.n)
        memcpy(ed->header.fields, m->header.fields, m->header.n * sizeof *ed->header.fields);
    ed->is_resent = has_resent_field(&ed->header);
    ed->is_signed = header_has(&ed->header, "DKIM-Signature");
    for (size_t i = 0; i < sizeof never_sent / sizeof *never_sent; i++)
        header_remove(&ed->header, never_sent[i]);
}

void edit_note(struct edit *ed, const char *format, ...)
{
    BUF text = { 0 };
    va_list args;
    va_start(args, format);
    buf_vaddf(&text, format, args);
    va_end(args);
    strlist_add(ed->arena, &ed->notes, arena_string(ed->arena, buf_span(&text)));
}

void edit_print(struct edit *ed, struct buf *to)
{
    for (size_t i = 0; i < ed->header.n; i++) {
        const struct field *f = &ed->header.fields[i];
        if (fold_field(to, f->raw))
            edit_note(ed, "%.*s: folded, it had a line of more than %d octets", SPAN_ARGS(f->name),
                      HEADER_LINE_MAX);
    }
    buf_add_string(to, "\r\n");
}
