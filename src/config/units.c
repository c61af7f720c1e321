#include "config/units.h"

#include <inttypes.h>

enum { RATE_MAX = 1000000 };

struct unit {
    char letter; /* NUL ends the list */
    int64_t worth;
};

/* Largest first. */
static const struct unit durations[] = {
    { 'd', 86400000 }, { 'h', 3600000 }, { 'm', 60000 }, { 's', 1000 }, { 0, 0 },
};

static const struct unit sizes[] = {
    { 'G', 1 << 30 },
    { 'M', 1 << 20 },
    { 'k', 1 << 10 },
    { 0, 0 },
};

static int parse(struct span text, const struct unit *units, int64_t bare, int64_t *ret)
{
    int64_t worth = bare;
    char last = text.len ? ascii_lower(text.at[text.len - 1]) : '0';
    for (const struct unit *u = units; u->letter; u++)
        if (last == ascii_lower(u->letter)) {
            worth = u->worth;
            text.len--;
            break;
        }
    uint64_t number = 0;
    if (span_number(text, (uint64_t)(INT64_MAX / worth), &number) < 0)
        return -1;
    *ret = (int64_t)number * worth;
    return 0;
}

int units_duration(struct span text, int64_t *ret)
{
    return parse(text, durations, 1000, ret);
}

int units_size(struct span text, int64_t *ret)
{
    return parse(text, sizes, 1, ret);
}

/* rate = number "/" ( "m" / "minute" / "h" / "hour" / "d" / "day" ), or "0" */
int units_rate(struct span text, struct rate *ret)
{
    static const char *const words[] = { "day", "hour", "minute" }; /* in the order of durations */
    struct span rest = text, count = { 0 };
    uint64_t number = 0;
    span_next(&rest, '/', &count);
    if (span_number(span_trim(count), RATE_MAX, &number) < 0)
        return -1;
    struct span word = span_trim(rest);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_iis(word, words[i]) || span_iis(word, (char[]){ *words[i], '\0' })) {
            *ret = (struct rate){ (unsigned)number, durations[i].worth / 1000 };
            return 0;
        }
    if (number || count.len < text.len)
        return -1;
    *ret = (struct rate){ 0 };
    return 0;
}

static bool add(struct buf *to, const struct unit *units, int64_t value)
{
    for (const struct unit *u = units; value && u->letter; u++)
        if (value % u->worth == 0) {
            buf_addf(to, "%" PRId64 "%c", value / u->worth, u->letter);
            return true;
        }
    return false;
}

void units_add_duration(struct buf *to, int64_t ms)
{
    if (!add(to, durations, ms))
        buf_addf(to, "%" PRId64, ms / 1000);
}

void units_add_size(struct buf *to, int64_t octets)
{
    if (!add(to, sizes, octets))
        buf_addf(to, "%" PRId64, octets);
}

void units_add_rate(struct buf *to, const struct rate *rate)
{
    for (const struct unit *u = durations; rate->messages && u->letter; u++)
        if (rate->period_s == u->worth / 1000)
            buf_addf(to, "%u/%c", rate->messages, u->letter);
}
