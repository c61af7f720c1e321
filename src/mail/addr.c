#include "mail/addr.h"

#include "base/utf8.h"
#include "mail/domain.h"
#include "mail/local.h"

#include <fnmatch.h>
#include <string.h>

void addr_list_add(struct arena *a, struct addr_list *list, const struct addr *addr)
{
    list->items = arena_grow(a, list->items, list->n, &list->room, sizeof *list->items);
    list->items[list->n++] = *addr;
}

/* Puts the address, as far as it can be shown, in front of what is wrong with it. */
static int refuse(const struct addr *addr, struct err *e)
{
    BUF shown = { 0 };
    utf8_add_printable(&shown, span_of(addr->local), " ");
    if (*addr->domain)
        buf_add_char(&shown, '@');
    utf8_add_printable(&shown, span_of(addr->domain), " ");
    err_context(e, "%s", buf_string(&shown));
    return -1;
}

int addr_add_wire(struct buf *to, const struct addr *addr, struct err *e)
{
    if (addr->null)
        return 0;
    BUF wire = { 0 };
    const char *problem = local_problem(span_of(addr->local));
    if (problem) {
        err_set(e, ERR_DATA, "%s", problem);
        return refuse(addr, e);
    }
    local_add_wire(&wire, span_of(addr->local));
    if (*addr->domain) {
        buf_add_char(&wire, '@');
        if (domain_add_wire(&wire, addr->domain, e) < 0)
            return refuse(addr, e);
    }
    buf_add_span(to, buf_span(&wire));
    return 0;
}

const char *addr_wire(struct arena *a, const struct addr *addr, struct err *e)
{
    BUF wire = { 0 };
    if (addr_add_wire(&wire, addr, e) < 0)
        return NULL;
    return arena_string(a, buf_span(&wire));
}

bool addr_needs_utf8(const struct addr *addr)
{
    return utf8_has_8bit(span_of(addr->local));
}

bool addr_same(const struct addr *a, const struct addr *b)
{
    return a->null == b->null && strcmp(a->local, b->local) == 0 &&
           domain_same(a->domain, b->domain);
}

bool addr_is_deliverable(const struct addr *addr, const char *host)
{
    return !domain_is_loopback(addr->domain) && !domain_is_private(addr->domain) &&
           !domain_is_below_host(addr->domain, host);
}

bool addr_matches(const struct addr *addr, const char *pattern)
{
    BUF text = { 0 };
    if (strchr(pattern, '@'))
        buf_addf(&text, "%s@", addr->local);
    buf_add_string(&text, addr->domain);
    return fnmatch(pattern, buf_string(&text), FNM_CASEFOLD) == 0;
}
