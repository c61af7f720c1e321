#include "mail/alias.h"

/* aliases(5):
 *
 *   file     = *( entry / comment / empty line )
 *   entry    = name *blank ":" value line-end *( ( blank value / comment / empty line ) line-end )
 *   name     = word / DQUOTE *any DQUOTE
 *   comment  = "#" *any
 */

struct alias_file {
    struct arena *arena;
    struct aliases *to;
    const char *name;
    struct strlist *notes;
    size_t line;    /* of the text read so far */
    size_t started; /* line of the entry in hand */
    struct buf entry;
};

static int file_fail(const struct alias_file *f, size_t line, struct err *e)
{
    err_context(e, "%s:%zu", f->name, line);
    return -1;
}

/* Takes the name and the colon off the front of `entry`. */
static bool next_name(struct span *entry, struct span *ret)
{
    bool quoted = span_starts(*entry, "\"");
    size_t len = quoted;
    while (len < entry->len && entry->at[len] != (quoted ? '"' : ':'))
        len++;
    *ret = span_trim((struct span){ entry->at + quoted, len - quoted });
    *entry = span_trim(span_from(*entry, len + quoted));
    bool valid = ret->len && !span_has(*ret, '\0') && span_starts(*entry, ":");
    *entry = span_from(*entry, 1);
    return valid;
}

/* Adds the entry in hand, if there is one. */
static int finish_entry(struct alias_file *f, struct err *e)
{
    struct span value = buf_span(&f->entry);
    struct span name;
    if (!value.len)
        return 0;
    int rc = -1;
    if (next_name(&value, &name))
        rc = aliases_add(f->arena, f->to, name, value, f->notes, e);
    else
        err_set(e, ERR_CONFIG, "no alias; write name: address");
    buf_clear(&f->entry);
    return rc < 0 ? file_fail(f, f->started, e) : 0;
}

static int add_line(struct alias_file *f, struct span line, struct err *e)
{
    struct span text = span_trim(line);
    f->line++;
    if (!text.len || *text.at == '#')
        return 0;
    bool continued = ascii_is_blank(*line.at);
    if (!continued && finish_entry(f, e) < 0)
        return -1;
    if (continued && !f->entry.len) {
        err_set(e, ERR_CONFIG, "a continuation line (it begins with a blank) without an entry");
        return file_fail(f, f->line, e);
    }
    if (continued)
        buf_add_char(&f->entry, ' ');
    else
        f->started = f->line;
    buf_add_span(&f->entry, text);
    return 0;
}

int aliases_parse(struct arena *a, struct aliases *to, struct span text, const char *file,
                  struct strlist *notes, struct err *e)
{
    struct alias_file f = { .arena = a, .to = to, .name = file, .notes = notes };
    struct span line;
    int rc = 0;
    while (rc == 0 && span_next(&text, '\n', &line))
        rc = add_line(&f, line, e);
    if (rc == 0)
        rc = finish_entry(&f, e);
    buf_done(&f.entry);
    return rc;
}
