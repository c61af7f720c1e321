/* One address: whatever is accepted has a wire form that cannot leave its brackets and means the
 * same address again, and a mailbox that keeps its name. */
#include "fuzz.h"

#include "base/utf8.h"
#include "mail/addr.h"

#include <string.h>

static bool is_within(struct span inner, struct span outer)
{
    return inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len;
}

/* No control character anywhere, no blank or bracket outside quotes, quotes closed, UTF-8. */
static void check_wire(struct span wire)
{
    bool quoted = false;
    for (size_t i = 0; i < wire.len; i++) {
        char c = wire.at[i];
        FUZZ_CHECK(!ascii_is_control(c));
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else
            FUZZ_CHECK(quoted || !strchr(" <>()\\,;:", c) || (c == ':' && strchr(wire.at, '[')));
    }
    FUZZ_CHECK(!quoted);
    FUZZ_CHECK(utf8_is_valid(wire));
}

/* Without a name there is nothing to keep. Blanks and control characters count as one blank. */
static void add_squeezed(struct buf *to, const char *name)
{
    for (; name && *name; name++) {
        if (*name != ' ' && !ascii_is_control(*name))
            buf_add_char(to, *name);
        else if (to->len && to->at[to->len - 1] != ' ')
            buf_add_char(to, ' ');
    }
    if (to->len && to->at[to->len - 1] == ' ')
        buf_truncate(to, to->len - 1);
}

static void check_mailbox(struct arena *a, const struct addr *addr, const char *wire)
{
    ERR e = { 0 };
    BUF mailbox = { 0 };
    BUF before = { 0 };
    BUF after = { 0 };
    struct addr again;
    FUZZ_CHECK(addr_add_mailbox(&mailbox, addr->name, addr, &e) == 0);
    for (size_t i = 0; i < mailbox.len; i++)
        FUZZ_CHECK(!ascii_is_control(mailbox.at[i]));
    FUZZ_CHECK(addr_parse_one(a, buf_span(&mailbox), &again, &e) == 0);
    FUZZ_CHECK(strcmp(addr_wire(a, &again, &e), wire) == 0);
    add_squeezed(&before, addr->name);
    add_squeezed(&after, again.name);
    if (!utf8_has_8bit(buf_span(&before)))
        FUZZ_CHECK(strcmp(buf_string(&before), buf_string(&after)) == 0);
    FUZZ_CHECK(!again.name || !utf8_has_8bit(span_of(again.name)));
}

static void check_address(struct arena *a, const struct addr *addr)
{
    ERR e = { 0 };
    struct addr again;
    const char *wire = addr_wire(a, addr, &e);
    if (!wire) {
        FUZZ_CHECK(e.kind == ERR_DATA && e.text);
        return;
    }
    check_wire(span_of(wire));
    FUZZ_CHECK(addr_parse_one(a, span_of(wire), &again, &e) == 0);
    FUZZ_CHECK(strcmp(again.local, addr->local) == 0 && addr_same(&again, addr));
    FUZZ_CHECK(strcmp(addr_wire(a, &again, &e), wire) == 0);
    check_mailbox(a, addr, wire);
}

static void check_sender(struct arena *a, struct span text)
{
    ERR e = { 0 };
    struct addr sender = { 0 };
    if (addr_parse_sender(a, text, &sender, &e) < 0)
        return;
    FUZZ_CHECK(sender.null == (*sender.local == '\0'));
    if (sender.null)
        FUZZ_CHECK(strcmp(addr_wire(a, &sender, &e), "") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA arena = { 0 };
    ERR e = { 0 };
    struct span text = { (const char *)data, size };
    struct addr addr = { 0 };
    check_sender(&arena, text);
    if (addr_parse_one(&arena, text, &addr, &e) < 0) {
        FUZZ_CHECK(e.kind == ERR_DATA && e.text && !addr.local);
        return 0;
    }
    FUZZ_CHECK(!addr.null && *addr.local);
    FUZZ_CHECK(is_within(addr.text, text) && is_within(addr.spec, addr.text));
    check_address(&arena, &addr);
    (void)addr_is_deliverable(&addr, "web1");
    return 0;
}
