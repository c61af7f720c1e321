/* postbag queue check: one line and an exit status as monitoring plugins have them. */
#include "base/utf8.h"
#include "cmd/cmd.h"
#include "cmd/queue_health.h"
#include "cmd/say.h"

#include <inttypes.h>
#include <time.h>

static const char *const levels[] = {
    [QUEUE_FINE] = "OK",
    [QUEUE_WARNING] = "WARNING",
    [QUEUE_CRITICAL] = "CRITICAL",
    [QUEUE_UNKNOWN] = "UNKNOWN",
};

static enum queue_level worse(enum queue_level a, enum queue_level b)
{
    return a > b ? a : b;
}

static enum queue_level level_of_number(const struct options *o, size_t waiting)
{
    if (o->critical >= 0 && waiting >= (uint64_t)o->critical && waiting)
        return QUEUE_CRITICAL;
    return o->warning >= 0 && waiting >= (uint64_t)o->warning && waiting ? QUEUE_WARNING
                                                                         : QUEUE_FINE;
}

/* What stands behind a bar is numbers for programs: there is one bar. */
static void add_words(struct buf *to, const char *text)
{
    size_t start = to->len;
    utf8_add_printable(to, span_of(text), " ");
    for (size_t i = start; i < to->len; i++)
        if (to->at[i] == '|')
            to->at[i] = '/';
}

static void add_limit(struct buf *to, int64_t limit)
{
    buf_add_char(to, ';');
    if (limit >= 0)
        buf_addf(to, "%" PRId64, limit);
}

static enum queue_level judge(const struct options *o, const struct queue_health *h, struct buf *to)
{
    ARENA arena = { 0 };
    BUF words = { 0 };
    struct queue_complaints complaints = { 0 };
    enum queue_level level = level_of_number(o, h->waiting);
    queue_health_judge(&arena, h, &complaints);
    for (size_t i = 0; i < complaints.n; i++) {
        level = worse(level, complaints.items[i].level);
        if (complaints.items[i].level == QUEUE_FINE)
            continue;
        buf_add_string(&words, ", ");
        add_words(&words, complaints.items[i].text);
    }
    buf_addf(to, "POSTBAG %s - %zu message%s%s | queue=%zu", levels[level], h->waiting,
             h->waiting == 1 ? "" : "s", buf_string(&words), h->waiting);
    add_limit(to, o->warning);
    add_limit(to, o->critical);
    buf_add_char(to, '\n');
    return level;
}

int cmd_queue_check(const struct options *o)
{
    ERR e = { 0 };
    BUF text = { 0 };
    struct queue q;
    struct queue_health health;
    enum queue_level level = QUEUE_UNKNOWN;
    if (queue_open(o, &q, &e) < 0 || queue_is_own(&q, &e) < 0 ||
        queue_health_look(&q, time(NULL), &health, &e) < 0) {
        buf_addf(&text, "POSTBAG %s - ", levels[level]);
        add_words(&text, e.text);
        buf_add_char(&text, '\n');
    } else {
        level = judge(o, &health, &text);
    }
    queue_close(&q);
    if (say_out(buf_span(&text), &e) < 0)
        return QUEUE_UNKNOWN;
    return (int)level;
}
