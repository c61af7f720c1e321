#include "queue/schedule.h"

enum {
    JITTER = 15,         /* per cent */
    JITTER_STEPS = 1000, /* so fine */
};

int64_t schedule_pause(const struct schedule *s, unsigned attempts, uint32_t random)
{
    size_t i = attempts ? attempts - 1 : 0;
    int64_t step = s->steps_s[i < s->n ? i : s->n - 1];
    int64_t most = step * JITTER / 100;
    return step - most + 2 * most * (int64_t)(random % (JITTER_STEPS + 1)) / JITTER_STEPS;
}

int64_t schedule_pause_after(const struct schedule *s, unsigned attempts, bool ambiguous,
                             uint32_t random)
{
    int64_t pause = schedule_pause(s, attempts, random);
    return ambiguous && pause < SCHEDULE_AMBIGUOUS ? SCHEDULE_AMBIGUOUS : pause;
}

int64_t schedule_lifetime(int64_t lifetime, bool bounce)
{
    if (bounce && (!lifetime || lifetime > SCHEDULE_BOUNCE_LIFETIME))
        return SCHEDULE_BOUNCE_LIFETIME;
    return lifetime;
}

static int64_t longest_pause(const struct schedule *s)
{
    int64_t longest = SCHEDULE_AMBIGUOUS;
    for (size_t i = 0; i < s->n; i++) {
        int64_t pause = s->steps_s[i] + s->steps_s[i] * JITTER / 100;
        if (pause > longest)
            longest = pause;
    }
    return longest;
}

bool schedule_is_due(const struct schedule *s, int64_t next, int64_t now)
{
    return next <= now || next - now > longest_pause(s);
}

int64_t schedule_tried(int64_t last, int64_t now)
{
    if (!last || now < last)
        return 0;
    return now - last < SCHEDULE_PAUSE_MAX ? now - last : SCHEDULE_PAUSE_MAX;
}

/* Age counts only if it can be known: a message from the future has none. */
bool schedule_is_expired(int64_t created, int64_t now, int64_t tried, int64_t lifetime)
{
    return lifetime > 0 && tried >= lifetime && (now < created || now - created >= lifetime);
}
