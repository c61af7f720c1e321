#include "net/srv.h"

#include "base/buf.h"

#include <stdlib.h>

enum {
    HEADER_SIZE = 12,
    RECORD_SIZE = 10, /* type, class, TTL, length of the data */
    SRV_SIZE = 6,     /* priority, weight, port */
    TYPE_SRV = 33,
    CLASS_IN = 1,
    NAME_LIMIT = 253,
    RECORDS_LIMIT = 64,
};

/* message = header questions answers ...
 * name    = *( length label ) ( 0 / pointer )    ; a pointer leads backwards only
 * question = name type class
 * answer  = name type class ttl length data
 * data    = priority weight port name            ; of an SRV record */

struct scanner {
    struct span message;
    size_t at;
};

static bool has(const struct scanner *s, size_t n)
{
    return s->at <= s->message.len && s->message.len - s->at >= n;
}

static unsigned octet(const struct scanner *s, size_t at)
{
    return (unsigned char)s->message.at[at];
}

/* The caller has seen to it that it is there. */
static uint16_t take_number(struct scanner *s)
{
    unsigned number = octet(s, s->at) << 8 | octet(s, s->at + 1);
    s->at += 2;
    return (uint16_t)number;
}

static bool add_label(struct buf *name, struct span label)
{
    if (name->len)
        buf_add_char(name, '.');
    for (size_t i = 0; i < label.len; i++) {
        if (!ascii_is_host(label.at[i]))
            return false;
        buf_add_char(name, ascii_lower(label.at[i]));
    }
    return name->len <= NAME_LIMIT && label.at[0] != '-';
}

/* One step of a name at *at: 1 when there is more, 0 at its end, -1 for a fault. `lowest` is the
 * place that the next pointer must stay below, so that none leads in a circle. */
static int take_label(const struct scanner *s, size_t *at, size_t *lowest, struct span *label)
{
    *label = (struct span){ 0 };
    if (*at >= s->message.len)
        return -1;
    unsigned length = octet(s, *at);
    if (length >= 0xC0) {
        if (s->message.len - *at < 2)
            return -1;
        size_t to = (length & 0x3F) << 8 | octet(s, *at + 1);
        if (to >= *lowest)
            return -1;
        *at = *lowest = to;
        return 1;
    }
    if (length > 63 || s->message.len - *at - 1 < length)
        return -1;
    *label = (struct span){ s->message.at + *at + 1, length };
    *at += 1 + length;
    return length > 0;
}

/* Reads a name behind the scanner, which stays. `is_host` says whether it could be one of a host,
 * "" included. -1 for a fault. */
static int read_name(const struct scanner *s, struct buf *name, bool *is_host)
{
    size_t at = s->at, lowest = s->at;
    struct span label;
    int more;
    *is_host = true;
    while ((more = take_label(s, &at, &lowest, &label)) > 0)
        if (label.len && *is_host)
            *is_host = add_label(name, label);
    return more;
}

static int skip_name(struct scanner *s)
{
    while (has(s, 1)) {
        unsigned length = octet(s, s->at);
        bool pointer = length >= 0xC0;
        if (!pointer && length > 63)
            return -1;
        s->at += pointer ? 2 : 1 + length;
        if (pointer || !length)
            return has(s, 0) ? 0 : -1;
    }
    return -1;
}

static int skip_questions(struct scanner *s, unsigned n)
{
    for (; n; n--) {
        if (skip_name(s) < 0 || !has(s, 4))
            return -1;
        s->at += 4;
    }
    return 0;
}

static int add_record(struct arena *a, struct scanner *s, bool implicit, struct srv_records *ret)
{
    BUF name = { 0 };
    struct srv_record record = { .implicit = implicit };
    bool is_host = false;
    if (!has(s, SRV_SIZE))
        return -1;
    record.priority = take_number(s);
    record.weight = take_number(s);
    record.port = take_number(s);
    if (read_name(s, &name, &is_host) < 0)
        return -1;
    if (!is_host || (name.len && !record.port) || ret->n >= RECORDS_LIMIT)
        return 0;
    record.host = arena_string(a, buf_span(&name));
    ret->items = arena_grow(a, ret->items, ret->n, &ret->room, sizeof *ret->items);
    ret->items[ret->n++] = record;
    return 0;
}

static int take_answer(struct arena *a, struct scanner *s, bool implicit, struct srv_records *ret)
{
    if (skip_name(s) < 0 || !has(s, RECORD_SIZE))
        return -1;
    uint16_t type = take_number(s);
    uint16_t class = take_number(s);
    s->at += 4;
    size_t length = take_number(s);
    size_t next = s->at + length;
    if (!has(s, length))
        return -1;
    if (type == TYPE_SRV && class == CLASS_IN && add_record(a, s, implicit, ret) < 0)
        return -1;
    s->at = next;
    return 0;
}

int srv_parse(struct arena *a, struct span message, bool implicit, struct srv_records *ret,
              struct err *e)
{
    struct scanner s = { .message = message };
    int done = has(&s, HEADER_SIZE) ? 0 : -1;
    if (done == 0) {
        s.at = 4;
        unsigned questions = take_number(&s), answers = take_number(&s);
        s.at = HEADER_SIZE;
        done = skip_questions(&s, questions);
        for (; done == 0 && answers; answers--)
            done = take_answer(a, &s, implicit, ret);
    }
    return done < 0 ? err_set(e, ERR_LOOKUP, "the name server's answer is malformed") : 0;
}

/* The order. */

static int compare(const void *left, const void *right)
{
    const struct srv_record *a = left, *b = right;
    if (a->priority != b->priority)
        return a->priority < b->priority ? -1 : 1;
    if (a->implicit != b->implicit)
        return a->implicit ? -1 : 1;
    return (a->weight > 0) - (b->weight > 0); /* RFC 2782: those of no weight in front */
}

static bool same_rank(const struct srv_record *a, const struct srv_record *b)
{
    return a->priority == b->priority && a->implicit == b->implicit;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* RFC 2782, "Weight": the first whose running sum is not below a random number up to the whole. */
static size_t draw(const struct srv_record *items, size_t n, uint64_t *state)
{
    uint64_t sum = 0, running = 0;
    for (size_t i = 0; i < n; i++)
        sum += items[i].weight;
    uint64_t limit = next_random(state) % (sum + 1);
    for (size_t i = 0; i < n; i++) {
        running += items[i].weight;
        if (running >= limit)
            return i;
    }
    return n - 1;
}

/* The one drawn comes to the front, the others keep their order. */
static void bring_forward(struct srv_record *items, size_t which)
{
    struct srv_record first = items[which];
    for (; which; which--)
        items[which] = items[which - 1];
    items[0] = first;
}

void srv_sort(struct srv_records *records, uint64_t seed)
{
    struct srv_record *items = records->items;
    if (records->n < 2)
        return;
    qsort(items, records->n, sizeof *items, compare);
    for (size_t i = 0; i + 1 < records->n; i++) {
        size_t end = i + 1;
        while (end < records->n && same_rank(&items[i], &items[end]))
            end++;
        bring_forward(items + i, draw(items + i, end - i, &seed));
    }
}
