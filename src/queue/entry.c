#include "queue/entry.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    NOTIFY_MAX = DSN_NOTIFY_NEVER | DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE | DSN_NOTIFY_DELAY,
};
#define MAGIC    "postbag-queue "
#define VERSION  "1 "
#define BODY_MAX ((uint64_t)1 << 60) /* so that no sum of sizes overflows */

struct entry entry_of(struct arena *a, const struct route *route, const struct envelope *envelope,
                      const struct stored *stored)
{
    struct entry entry = {
        .created_us = clock_wall_us(),
        .uid = getuid(),
        .route = *route,
        .envelope = *envelope,
        .eight_bit = stored->eight_bit,
        .utf8_addresses = stored->utf8_addresses,
        .qp_allowed = stored->qp_allowed,
        .message_id = "",
        .header_size = stored->header.len,
        .body_size = stored->body.size,
    };
    if (stored->message_id && !span_has_control(span_of(stored->message_id)))
        entry.message_id = stored->message_id;
    state_init(a, envelope->n_rcpts, &entry.state);
    return entry;
}

/* ---- printing ---- */

/* The lines so far; one value that cannot stand in a line spoils all. */
struct printing {
    struct buf *to;
    const char *bad; /* the key whose value it was, NULL for none */
};

static void print_text(struct printing *p, const char *key, const char *value)
{
    if (span_has_control(span_of(value)))
        p->bad = key;
    buf_add_string(p->to, key);
    buf_add_char(p->to, ' ');
    buf_add_string(p->to, value);
    buf_add_char(p->to, '\n');
}

static void print_number(struct printing *p, const char *key, uint64_t value)
{
    buf_addf(p->to, "%s %" PRIu64 "\n", key, value);
}

static void print_flags(struct printing *p, const struct entry *entry)
{
    const struct {
        const char *word;
        bool holds;
    } flags[] = {
        { " 8bit", entry->eight_bit },
        { " utf8-sender", entry->envelope.sender_utf8 },
        { " utf8-header", entry->utf8_addresses },
        { " qp", entry->qp_allowed },
    };
    size_t before = p->to->len;
    buf_add_string(p->to, "flags");
    size_t none = p->to->len;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].holds)
            buf_add_string(p->to, flags[i].word);
    if (p->to->len == none)
        buf_truncate(p->to, before);
    else
        buf_add_char(p->to, '\n');
}

static void print_route(struct printing *p, const struct route *route)
{
    if (!*route->account)
        p->bad = "account";
    print_text(p, "account", route->account);
    if (route->config)
        print_text(p, "config", route->config);
    for (size_t i = 0; i < route->sets.n; i++)
        print_text(p, "set", route->sets.items[i]);
}

static void print_rcpt(struct printing *p, const struct rcpt *rcpt)
{
    if (span_has_control(span_of(rcpt->wire)) || !*rcpt->wire)
        p->bad = "to";
    buf_addf(p->to, "to %u %c %s\n", rcpt->dsn_notify, rcpt->utf8 ? 'u' : '-', rcpt->wire);
    if (rcpt->original && strcmp(rcpt->original, rcpt->wire) != 0)
        print_text(p, "as", rcpt->original);
}

static void print_envelope(struct printing *p, const struct envelope *envelope)
{
    print_text(p, "sender", envelope->sender);
    if (envelope->dsn_notify)
        print_number(p, "notify", envelope->dsn_notify);
    if (envelope->dsn_return)
        print_number(p, "ret", envelope->dsn_return);
    if (envelope->envid)
        print_text(p, "envid", envelope->envid);
    for (size_t i = 0; i < envelope->n_rcpts; i++)
        print_rcpt(p, &envelope->rcpts[i]);
}

static void print_head(struct printing *p, const struct entry *entry)
{
    buf_add_string(p->to, MAGIC VERSION);
    buf_add(p->to, entry->id.text, QUEUE_ID_SIZE);
    buf_add_char(p->to, '\n');
    state_print(&entry->state, p->to);
    print_number(p, "created", entry->created_us < 0 ? 0 : (uint64_t)entry->created_us);
    print_number(p, "uid", entry->uid);
    print_route(p, &entry->route);
    print_flags(p, entry);
    if (*entry->message_id)
        print_text(p, "message-id", entry->message_id);
    if (entry->nonce)
        print_text(p, "nonce", entry->nonce);
    print_number(p, "header-size", entry->header_size);
    print_number(p, "body-size", entry->body_size);
    print_envelope(p, &entry->envelope);
    buf_add_char(p->to, '\n');
}

int entry_print(const struct entry *entry, struct buf *to, struct err *e)
{
    struct printing p = { .to = to };
    size_t before = to->len;
    print_head(&p, entry);
    if (!p.bad && entry->envelope.n_rcpts && entry->envelope.n_rcpts == entry->state.n &&
        entry->header_size <= ENTRY_HEAD_LIMIT && entry->body_size <= BODY_MAX &&
        to->len - before <= ENTRY_HEAD_LIMIT)
        return 0;
    buf_truncate(to, before);
    if (p.bad)
        return err_set(e, ERR_DATA, "the value of \"%s\" cannot stand in a queue file", p.bad);
    return err_set(e, ERR_DATA, "%s",
                   entry->envelope.n_rcpts ? "it is too large to be queued"
                                           : "it has no recipient");
}

/* ---- parsing ---- */

/* The keys that have been read; what is allowed once only has a bit in `seen`. */
struct parsing {
    struct arena *arena;
    struct entry *entry;
    size_t room;
    unsigned seen;
};

static const char *take_string(struct span value)
{
    return value.at; /* its line ends with a NUL */
}

static bool take_created(struct parsing *p, struct span value)
{
    uint64_t n = 0;
    if (span_number(value, INT64_MAX, &n) < 0)
        return false;
    p->entry->created_us = (int64_t)n;
    return true;
}

static bool take_uid(struct parsing *p, struct span value)
{
    uint64_t n = 0;
    if (span_number(value, UINT32_MAX, &n) < 0)
        return false;
    p->entry->uid = (uid_t)n;
    return true;
}

static bool take_account(struct parsing *p, struct span value)
{
    p->entry->route.account = take_string(value);
    return value.len > 0;
}

static bool take_config(struct parsing *p, struct span value)
{
    p->entry->route.config = take_string(value);
    return value.len > 0;
}

static bool take_set(struct parsing *p, struct span value)
{
    strlist_add(p->arena, &p->entry->route.sets, take_string(value));
    return true;
}

static bool take_sender(struct parsing *p, struct span value)
{
    p->entry->envelope.sender = take_string(value);
    return true;
}

/* A word that this version does not know says something that it does not need. */
static bool take_flags(struct parsing *p, struct span value)
{
    struct span word;
    while (span_word(&value, &word)) {
        p->entry->eight_bit |= span_is(word, "8bit");
        p->entry->envelope.sender_utf8 |= span_is(word, "utf8-sender");
        p->entry->utf8_addresses |= span_is(word, "utf8-header");
        p->entry->qp_allowed |= span_is(word, "qp");
    }
    return true;
}

static bool take_notify(struct parsing *p, struct span value)
{
    uint64_t n = 0;
    if (span_number(value, NOTIFY_MAX, &n) < 0)
        return false;
    p->entry->envelope.dsn_notify = (unsigned)n;
    return true;
}

static bool take_ret(struct parsing *p, struct span value)
{
    uint64_t n = 0;
    if (span_number(value, DSN_RETURN_FULL, &n) < 0)
        return false;
    p->entry->envelope.dsn_return = (enum dsn_return)n;
    return true;
}

static bool take_envid(struct parsing *p, struct span value)
{
    p->entry->envelope.envid = take_string(value);
    return true;
}

static bool take_message_id(struct parsing *p, struct span value)
{
    p->entry->message_id = take_string(value);
    return true;
}

static bool take_nonce(struct parsing *p, struct span value)
{
    p->entry->nonce = take_string(value);
    return value.len > 0;
}

static bool take_header_size(struct parsing *p, struct span value)
{
    return span_number(value, ENTRY_HEAD_LIMIT, &p->entry->header_size) == 0;
}

static bool take_body_size(struct parsing *p, struct span value)
{
    return span_number(value, BODY_MAX, &p->entry->body_size) == 0;
}

static bool take_to(struct parsing *p, struct span value)
{
    struct envelope *env = &p->entry->envelope;
    struct span notify, flag;
    uint64_t n = 0;
    if (!span_next(&value, ' ', &notify) || !span_next(&value, ' ', &flag) || !value.len ||
        span_number(notify, NOTIFY_MAX, &n) < 0 || (!span_is(flag, "u") && !span_is(flag, "-")))
        return false;
    env->rcpts = arena_grow(p->arena, env->rcpts, env->n_rcpts, &p->room, sizeof *env->rcpts);
    env->rcpts[env->n_rcpts++] = (struct rcpt){
        .wire = take_string(value),
        .original = take_string(value),
        .utf8 = span_is(flag, "u"),
        .dsn_notify = (unsigned)n,
    };
    return true;
}

static bool take_as(struct parsing *p, struct span value)
{
    struct envelope *env = &p->entry->envelope;
    if (!env->n_rcpts)
        return false;
    struct rcpt *last = &env->rcpts[env->n_rcpts - 1];
    if (last->original != last->wire)
        return false;
    last->original = take_string(value);
    return true;
}

static const struct {
    struct span name;
    bool (*take)(struct parsing *p, struct span value);
    bool often, needed;
} keys[] = {
    { SPAN("to"), take_to, true, true },
    { SPAN("as"), take_as, true, false },
    { SPAN("created"), take_created, false, true },
    { SPAN("uid"), take_uid, false, true },
    { SPAN("account"), take_account, false, true },
    { SPAN("config"), take_config, false, false },
    { SPAN("set"), take_set, true, false },
    { SPAN("sender"), take_sender, false, true },
    { SPAN("flags"), take_flags, false, false },
    { SPAN("notify"), take_notify, false, false },
    { SPAN("ret"), take_ret, false, false },
    { SPAN("envid"), take_envid, false, false },
    { SPAN("message-id"), take_message_id, false, false },
    { SPAN("nonce"), take_nonce, false, false },
    { SPAN("header-size"), take_header_size, false, true },
    { SPAN("body-size"), take_body_size, false, true },
};
enum { KEYS = sizeof keys / sizeof *keys };

/* KEYS for one that this version does not know, which says something that it does not need. */
static size_t find_key(struct span key)
{
    size_t i = 0;
    while (i < KEYS && (key.len != keys[i].name.len || *key.at != *keys[i].name.at ||
                        !span_eq(key, keys[i].name)))
        i++;
    return i;
}

static int take_line(struct parsing *p, struct span line, struct err *e)
{
    struct span value = line, key;
    if (span_has_control(line) || !span_next(&value, ' ', &key))
        return err_set(e, ERR_DATA, "a line holds a control character");
    size_t i = find_key(key);
    if (i == KEYS)
        return 0;
    bool again = p->seen & 1u << i && !keys[i].often;
    p->seen |= 1u << i;
    if (again || !value.at || !keys[i].take(p, value))
        return err_set(e, ERR_DATA, "its line \"%s\" makes no sense", keys[i].name.at);
    return 0;
}

static int check_whole(const struct parsing *p, struct err *e)
{
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].needed && !(p->seen & 1u << i))
            return err_set(e, ERR_DATA, "it has no line \"%s\"", keys[i].name.at);
    if (p->entry->envelope.n_rcpts != p->entry->state.n)
        return err_set(e, ERR_DATA, "it has %zu recipients and %zu marks",
                       p->entry->envelope.n_rcpts, p->entry->state.n);
    return 0;
}

/* The first line, as far as it is there: 1, 0 when more is needed, -1. */
static int parse_magic(struct span head, struct entry *entry, struct err *e)
{
    struct span magic = { head.at, head.len < strlen(MAGIC) ? head.len : strlen(MAGIC) };
    if (memcmp(magic.at, MAGIC, magic.len) != 0)
        return err_set(e, ERR_DATA, "it is no queue file");
    struct span rest = span_from(head, strlen(MAGIC));
    if (rest.len < strlen(VERSION))
        return 0;
    if (!span_starts(rest, VERSION)) {
        if (ascii_is_digit(*rest.at) && rest.at[0] != '0')
            return err_set(e, ERR_UNAVAILABLE, "another version of postbag wrote it");
        return err_set(e, ERR_DATA, "it is no queue file");
    }
    if (head.len < ENTRY_STATE_AT)
        return 0;
    rest = (struct span){ rest.at + strlen(VERSION), QUEUE_ID_SIZE };
    if (queue_id_parse(rest, &entry->id) < 0 || head.at[ENTRY_STATE_AT - 1] != '\n')
        return err_set(e, ERR_DATA, "its first line makes no sense");
    return 1;
}

/* Octets up to the message: 1, 0 when its empty line is not there yet, -1. */
static int find_message(struct span head, uint64_t *ret, struct err *e)
{
    struct span rest = head, line;
    bool found = false;
    while (!found && span_next(&rest, '\n', &line))
        found = !line.len && rest.at;
    size_t len = found ? (size_t)(rest.at - head.at) : head.len;
    if (len > ENTRY_HEAD_LIMIT)
        return err_set(e, ERR_DATA, "its envelope has no end");
    *ret = len;
    return found;
}

/* All lines behind the first one, in a copy in which each ends with a NUL, so that strings need no
 * copy of their own. */
static int parse_lines(struct parsing *p, struct span lines, struct err *e)
{
    char *copy = arena_string(p->arena, lines);
    struct span rest = { copy, lines.len }, line;
    size_t n = 0;
    while (span_next(&rest, '\n', &line) && line.len) {
        copy[(size_t)(line.at - copy) + line.len] = '\0';
        int done = n++ ? take_line(p, line, e) : state_parse(p->arena, line, &p->entry->state, e);
        if (done < 0)
            return -1;
    }
    return check_whole(p, e);
}

int entry_parse(struct arena *a, struct span head, struct entry *ret, struct err *e)
{
    struct entry entry = { .message_id = "" };
    struct parsing p = { .arena = a, .entry = &entry };
    int whole = head.len ? parse_magic(head, &entry, e) : 0;
    if (whole > 0)
        whole = find_message(head, &entry.message_at, e);
    if (whole <= 0)
        return whole;
    struct span lines = { head.at + ENTRY_STATE_AT, (size_t)entry.message_at - ENTRY_STATE_AT };
    if (parse_lines(&p, lines, e) < 0)
        return -1;
    *ret = entry;
    return 1;
}

/* ---- the end ---- */

size_t entry_state_size(const struct entry *entry)
{
    return STATE_MARKS_AT + entry->state.n + 1;
}

void entry_print_end(uint64_t length, uint32_t crc, struct buf *to)
{
    buf_addf(to, "END %016" PRIX64 " %08" PRIX32 "\n", length, crc);
}

bool entry_is_end(struct span line, uint64_t length, uint32_t crc)
{
    BUF expected = { 0 };
    entry_print_end(length, crc, &expected);
    return span_eq(line, buf_span(&expected));
}

static bool strings_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool route_equals(const struct route *a, const struct route *b)
{
    return strings_equal(a->config, b->config) && strings_equal(a->account, b->account) &&
           strlist_equals(&a->sets, &b->sets);
}
