#include "config/option.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "config/expand.h"
#include "config/units.h"

#include <string.h>

static int64_t load_int(const struct option *row, const void *field)
{
    int64_t wide = 0;
    int narrow = 0;
    bool truth = false;
    if (row->size == sizeof wide)
        memcpy(&wide, field, sizeof wide);
    else if (row->size == sizeof narrow)
        memcpy(&narrow, field, sizeof narrow);
    else
        memcpy(&truth, field, sizeof truth);
    return wide + narrow + truth;
}

static const char *load_text(const void *field)
{
    const char *text = NULL;
    memcpy(&text, field, sizeof text);
    return text ? text : "";
}

/* A "$" that would be read as something else is doubled. */
static void show_text(struct buf *to, const char *text)
{
    BUF written = { 0 };
    for (const char *c = text; *c; c++) {
        if (*c == '$' && (c[1] == '$' || c[1] == '{'))
            buf_add_char(&written, '$');
        buf_add_char(&written, *c);
    }
    utf8_add_printable(to, buf_span(&written), " ");
}

static void show_uri(struct buf *to, const char *uri)
{
    const char *pin = strstr(uri, "pin-value=");
    if (!pin) {
        show_text(to, uri);
        return;
    }
    utf8_add_printable(to, (struct span){ uri, (size_t)(pin - uri) }, " ");
    buf_add_string(to, "pin-value=***");
    show_text(to, pin + strcspn(pin, "&;"));
}

/* What stands between the ":" behind the user's name and the last "@". */
static struct span password_of(const char *url)
{
    const char *start = strstr(url, "://");
    const char *end = strrchr(url, '@');
    const char *colon = start ? strchr(start + 3, ':') : NULL;
    if (!end || !colon || colon > end)
        return (struct span){ 0 };
    return (struct span){ colon + 1, (size_t)(end - colon - 1) };
}

static void show_url(struct buf *to, const char *url)
{
    struct span password = password_of(url);
    if (!password.at) {
        show_text(to, url);
        return;
    }
    utf8_add_printable(to, (struct span){ url, (size_t)(password.at - url) }, " ");
    buf_add_string(to, "***");
    show_text(to, password.at + password.len);
}

static void show_list(struct buf *to, const void *field)
{
    struct strlist list = { 0 };
    memcpy(&list, field, sizeof list);
    for (size_t i = 0; i < list.n; i++) {
        buf_add_string(to, i ? ", " : "");
        show_text(to, list.items[i]);
    }
}

static void show_choices(struct buf *to, const struct option *row, int64_t value)
{
    const char *between = "";
    for (const struct option_choice *c = row->choices; c->word; c++)
        if (row->type == OPTION_SET ? value & c->value : value == c->value) {
            buf_addf(to, "%s%s", between, c->word);
            between = ", ";
        }
}

/* 0 is nothing, unless it is what the key has by default. */
static void show_number(struct buf *to, const struct option *row, int64_t value)
{
    if (value || row->initial)
        buf_addf(to, "%lld", (long long)value);
}

static void show_duration(struct buf *to, const struct option *row, int64_t value)
{
    size_t before = to->len;
    if (row->choices)
        show_choices(to, row, value);
    if (to->len == before)
        units_add_duration(to, value);
}

static void show_durations(struct buf *to, const void *field)
{
    struct durations list = { 0 };
    memcpy(&list, field, sizeof list);
    for (size_t i = 0; i < list.n; i++) {
        buf_add_string(to, i ? ", " : "");
        units_add_duration(to, list.s[i] * 1000);
    }
}

static void show_rate(struct buf *to, const void *field)
{
    struct rate rate = { 0 };
    memcpy(&rate, field, sizeof rate);
    units_add_rate(to, &rate);
}

void option_show(struct buf *to, const struct option *row, const void *object)
{
    const void *field = (const char *)object + row->offset;
    switch (row->type) {
    case OPTION_SECRET: buf_add_string(to, *load_text(field) ? "***" : ""); return;
    case OPTION_STRING:
    case OPTION_PATH: show_text(to, load_text(field)); return;
    case OPTION_URI: show_uri(to, load_text(field)); return;
    case OPTION_URL: show_url(to, load_text(field)); return;
    case OPTION_BOOL: buf_add_string(to, load_int(row, field) ? "yes" : "no"); return;
    case OPTION_NUMBER: show_number(to, row, load_int(row, field)); return;
    case OPTION_DURATION: show_duration(to, row, load_int(row, field)); return;
    case OPTION_DURATIONS: show_durations(to, field); return;
    case OPTION_RATE: show_rate(to, field); return;
    case OPTION_SIZE: units_add_size(to, load_int(row, field)); return;
    case OPTION_CHOICE:
    case OPTION_SET: show_choices(to, row, load_int(row, field)); return;
    case OPTION_LIST: show_list(to, field); return;
    }
}

static bool url_is_literal(const char *url)
{
    ARENA a = { 0 };
    return expand_is_literal(arena_string(&a, password_of(url)));
}

bool option_is_literal_secret(const struct option *row, const char *value)
{
    if (row->type == OPTION_URI)
        return strstr(value, "pin-value=") != NULL;
    if (row->type == OPTION_URL)
        return url_is_literal(value);
    return row->type == OPTION_SECRET && expand_is_literal(value);
}

const char *option_type_name(enum option_type type)
{
    static const char *const names[] = {
        [OPTION_STRING] = "string", [OPTION_SECRET] = "secret",
        [OPTION_PATH] = "path",     [OPTION_URI] = "path or URI",
        [OPTION_URL] = "URL",       [OPTION_BOOL] = "yes/no",
        [OPTION_NUMBER] = "number", [OPTION_DURATIONS] = "list of durations",
        [OPTION_RATE] = "rate",     [OPTION_DURATION] = "duration",
        [OPTION_SIZE] = "size",     [OPTION_CHOICE] = "choice",
        [OPTION_LIST] = "list",     [OPTION_SET] = "list",
    };
    return names[type];
}
