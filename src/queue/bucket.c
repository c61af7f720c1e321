#include "queue/bucket.h"

int64_t bucket_take(struct bucket *b, unsigned messages, int64_t period_s, int64_t now_ms)
{
    if (!messages || period_s <= 0)
        return 0;
    const double rounding = 1e-6, burst = messages;
    double each_ms = (double)period_s * 1000.0 / burst;
    int64_t passed_ms = now_ms > b->tokens_at ? now_ms - b->tokens_at : 0;
    double tokens = b->tokens_at ? b->tokens + (double)passed_ms / each_ms : burst;
    b->tokens = tokens < burst ? tokens : burst;
    b->tokens_at = now_ms;
    if (b->tokens + rounding >= 1) {
        b->tokens = b->tokens > 1 ? b->tokens - 1 : 0;
        return 0;
    }
    return (int64_t)((1 - b->tokens) * each_ms) + 1;
}
