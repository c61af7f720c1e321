#include "config/ini.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_OCTETS = 49 }; /* libinih cuts longer sections and keys without a word */

/* libinih pulls lines out of reader_line(), which puts each value into the table and only its index
 * into the line; handler() runs right behind each line and fills in what libinih made of the
 * section and the key. A section has no handler call of its own, so a made-up key follows it. */
struct reader {
    struct arena *a;
    const char *name;
    struct ini_file *file;
    struct err *e;
    struct span rest;
    unsigned line;       /* number of the line taken last */
    bool section_marker; /* the made-up key comes next */
    bool in_section;
    bool may_continue; /* the last line was a key, so a leading blank goes on with its value */
    bool failed;
};

static int reader_fail(struct reader *r, const char *what)
{
    r->failed = true;
    return err_set(r->e, ERR_CONFIG, "%s:%u: %s", r->name, r->line, what);
}

/* The next line, or false at the end and for a line that no text file has. */
static bool reader_take(struct reader *r, struct span *ret)
{
    struct span line = { 0 };
    if (!r->rest.len || !span_next(&r->rest, '\n', &line))
        return false;
    r->line++;
    const char *fault = NULL;
    if (span_has(line, '\0'))
        fault = "a NUL octet; write plain text in UTF-8";
    else if (!utf8_is_valid(line))
        fault = "not valid UTF-8; save the file in UTF-8";
    if (fault)
        reader_fail(r, fault);
    else
        *ret = line;
    return !fault;
}

static bool is_indented(struct span line)
{
    return line.len && ascii_is_blank(*line.at);
}

static bool is_comment(struct span trimmed)
{
    return trimmed.len && (*trimmed.at == ';' || *trimmed.at == '#');
}

static int check_name(struct reader *r, struct span name)
{
    if (name.len > NAME_MAX_OCTETS)
        return reader_fail(r, "a name longer than 49 octets; write a shorter one");
    for (size_t i = 0; i < name.len; i++)
        if (ascii_is_control(name.at[i]) || name.at[i] == ';' || name.at[i] == ':')
            return reader_fail(r, "a name with a colon, a semicolon or a control character; write "
                                  "\"key = value\", and comments on lines of their own");
    return 0;
}

/* "word = …": a key that was pushed in by mistake rather than a piece of a value. */
static bool looks_like_key(struct span words)
{
    size_t len = 0;
    while (len < words.len &&
           ((words.at[len] >= 'a' && words.at[len] <= 'z') || words.at[len] == '_'))
        len++;
    struct span behind = span_from(words, len);
    return len && behind.len && ascii_is_blank(*behind.at) && span_starts(span_trim(behind), "=");
}

/* The lines behind a key that begin with a blank, joined to its value; comments between them go. */
static void reader_join(struct reader *r, struct buf *value)
{
    struct span line = { 0 }, rest = r->rest;
    for (unsigned number = r->line; reader_take(r, &line); rest = r->rest, number = r->line) {
        struct span words = span_trim(line);
        if (is_comment(words))
            continue;
        if (!words.len || !is_indented(line)) {
            r->rest = rest;
            r->line = number;
            return;
        }
        if (looks_like_key(words)) {
            reader_fail(r, "a blank in front of what looks like a key, so that it would go on with "
                           "the value above; begin the line at its left edge");
            return;
        }
        if (value->len)
            buf_add_char(value, ' ');
        buf_add_span(value, words);
    }
}

/* Adds an entry for `line`; what it belongs to comes from libinih. */
static size_t reader_add(struct reader *r, unsigned line, const char *value)
{
    struct ini_file *file = r->file;
    file->entries = arena_grow(r->a, file->entries, file->n, &file->room, sizeof *file->entries);
    file->entries[file->n] = (struct ini_entry){ .value = value, .line = line };
    return file->n++;
}

/* section = "[" name "]" */
static int reader_section(struct reader *r, struct span line, char *to, size_t size)
{
    const char *end = memchr(line.at, ']', line.len);
    if (!end)
        return reader_fail(r, "no \"]\" behind the section; write \"[section]\"");
    size_t len = (size_t)(end - line.at) - 1;
    if (len + 2 != line.len)
        return reader_fail(r, "text behind \"]\"; write it on a line of its own");
    struct span name = span_trim((struct span){ line.at + 1, len });
    if (!name.len)
        return reader_fail(r, "a section without a name; write \"[account NAME]\"");
    if (check_name(r, name) < 0)
        return -1;
    r->in_section = r->section_marker = true;
    r->may_continue = false;
    snprintf(to, size, "[%.*s]\n", SPAN_ARGS(name));
    return 0;
}

/* As other programs write it: "account NAME", "defaults". */
static int reader_no_equals(struct reader *r, struct span line)
{
    struct span rest = line, word = { 0 };
    span_word(&rest, &word);
    if (span_is(word, "account") || span_is(line, "defaults"))
        return reader_fail(r, "a section without brackets; write \"[account NAME]\" or "
                              "\"[defaults]\", and \"key = value\" below it");
    return reader_fail(r, "no \"=\" in the line; write \"key = value\", or \";\" in front of a "
                          "comment");
}

/* key-line = key "=" [ value ] */
static int reader_key(struct reader *r, struct span line, char *to, size_t size)
{
    const char *equals = memchr(line.at, '=', line.len);
    if (!equals)
        return reader_no_equals(r, line);
    size_t len = (size_t)(equals - line.at);
    struct span key = span_trim((struct span){ line.at, len });
    if (!key.len)
        return reader_fail(r, "no key in front of \"=\"; write \"key = value\"");
    if (check_name(r, key) < 0)
        return -1;
    if (!r->in_section)
        return reader_fail(r, "a key before any section; write \"[account NAME]\" or "
                              "\"[defaults]\" above it");
    unsigned number = r->line;
    BUF value = { .secret = true };
    buf_add_span(&value, span_trim(span_from(line, len + 1)));
    reader_join(r, &value);
    if (r->failed)
        return -1;
    r->may_continue = true;
    size_t index = reader_add(r, number, arena_string(r->a, buf_span(&value)));
    snprintf(to, size, "%.*s=%zu\n", SPAN_ARGS(key), index);
    return 0;
}

static int reader_words(struct reader *r, struct span line, char *to, size_t size)
{
    struct span words = span_trim(line);
    if (is_indented(line))
        return reader_fail(r, r->may_continue ? "a blank in front, but the value above has ended; "
                                                "begin the line at its left edge"
                                              : "a blank in front, but no value above to go on "
                                                "with; begin the line at its left edge");
    return *words.at == '[' ? reader_section(r, words, to, size) : reader_key(r, words, to, size);
}

/* As fgets(3): the next line for libinih, or NULL at the end and after an error. */
static char *reader_line(char *to, int size, void *stream)
{
    struct reader *r = stream;
    struct span line = { 0 };
    if (r->section_marker) {
        r->section_marker = false;
        snprintf(to, (size_t)size, "section=%zu\n", reader_add(r, r->line, NULL));
        return to;
    }
    while (!r->failed && reader_take(r, &line)) {
        struct span words = span_trim(line);
        if (is_comment(words))
            continue;
        if (words.len)
            return reader_words(r, line, to, (size_t)size) < 0 ? NULL : to;
    }
    return NULL;
}

static int handler(void *user, const char *section, const char *key, const char *index)
{
    struct reader *r = user;
    uint64_t at = 0;
    if (!index || span_number(span_of(index), r->file->n - 1, &at) < 0)
        return 0;
    struct ini_entry *entry = &r->file->entries[at];
    if (entry->value) {
        entry->section = r->file->entries[at - 1].section;
        entry->key = arena_string(r->a, span_of(key));
    } else {
        entry->section = arena_string(r->a, span_of(section));
        entry->value = "";
    }
    return 1;
}

int ini_read(struct arena *a, const char *name, struct span text, struct ini_file *ret,
             struct err *e)
{
    struct ini_file file = { .name = name };
    struct reader r = { .a = a, .name = name, .file = &file, .e = e, .rest = text };
    if (span_starts(text, "\xef\xbb\xbf"))
        r.rest = span_from(text, 3);
    int status = ini_parse_stream(reader_line, &r, handler, &r);
    if (r.failed)
        return -1;
    if (status)
        return err_set(e, ERR_INTERNAL, "%s: libinih refused line %d", name, status);
    *ret = file;
    return 0;
}
