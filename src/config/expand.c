#include "config/expand.h"

#include "base/buf.h"

#include <stdlib.h>

static size_t name_length(struct span text)
{
    size_t len = 0;
    while (len < text.len && (ascii_is_alpha(text.at[len]) || text.at[len] == '_' ||
                              (len && ascii_is_digit(text.at[len]))))
        len++;
    return len;
}

/* Octets of the reference at the front, or 0; its name goes to `ret`. */
static size_t reference(struct span text, struct span *ret)
{
    if (!span_starts(text, "${"))
        return 0;
    struct span name = span_from(text, 2);
    name.len = name_length(name);
    if (!name.len || !span_starts(span_from(text, 2 + name.len), "}"))
        return 0;
    *ret = name;
    return name.len + 3;
}

static int add_variable(struct arena *a, struct span name, struct buf *to, struct err *e)
{
    const char *value = getenv(arena_string(a, name));
    if (!value)
        return err_set(e, ERR_CONFIG,
                       "the environment variable %.*s is not set; set it, or write $${%.*s} if "
                       "these characters themselves are meant",
                       SPAN_ARGS(name), SPAN_ARGS(name));
    buf_add_string(to, value);
    return 0;
}

int expand_value(struct arena *a, const char *value, const char **ret, struct err *e)
{
    BUF out = { .secret = true };
    struct span rest = span_of(value), name = { 0 };
    if (!span_has(rest, '$')) {
        *ret = value;
        return 0;
    }
    while (rest.len) {
        size_t used = reference(rest, &name);
        if (used && add_variable(a, name, &out, e) < 0)
            return -1;
        if (!used) {
            buf_add_char(&out, *rest.at);
            used = span_starts(rest, "$$") ? 2 : 1;
        }
        rest = span_from(rest, used);
    }
    *ret = arena_string(a, buf_span(&out));
    return 0;
}

bool expand_is_literal(const char *value)
{
    struct span rest = span_of(value), name = { 0 };
    for (size_t used; (used = reference(rest, &name)) > 0;)
        rest = span_from(rest, used);
    return rest.len > 0;
}
