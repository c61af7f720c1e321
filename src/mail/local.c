#include "mail/local.h"

#include "base/utf8.h"
#include "mail/addr_scan.h"

static bool has_control(struct span local)
{
    uint32_t point = 0;
    for (size_t len; (len = utf8_next(local, &point)); local = span_from(local, len))
        if (utf8_is_control(point))
            return true;
    return false;
}

const char *local_problem(struct span local)
{
    if (!local.len)
        return "the local part is empty";
    if (local.len > LOCAL_LIMIT)
        return "the local part is longer than 64 octets";
    if (!utf8_is_valid(local))
        return "the local part is not UTF-8";
    if (has_control(local))
        return "a control character in the local part";
    return NULL;
}

/* Dot-string = Atom *("." Atom) */
static bool is_dot_string(struct span local)
{
    char before = '.';
    for (size_t i = 0; i < local.len; i++) {
        char c = local.at[i];
        if (c == '.' ? before == '.' : !addr_scan_is_atext(c))
            return false;
        before = c;
    }
    return before != '.';
}

void local_add_wire(struct buf *to, struct span local)
{
    if (is_dot_string(local))
        buf_add_span(to, local);
    else
        addr_scan_quote(to, local);
}
