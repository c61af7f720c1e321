/* How the queue does: what `postbag queue check` and `postbag check` complain of. */
#ifndef CMD_QUEUE_HEALTH_H
#define CMD_QUEUE_HEALTH_H

#include "cmd/queue.h"

/* As the exit statuses of monitoring plugins are numbered. */
enum queue_level { QUEUE_FINE, QUEUE_WARNING, QUEUE_CRITICAL, QUEUE_UNKNOWN };

enum {
    QUEUE_UNATTENDED_S = 15 * 60, /* so long something may be due and nobody comes */
    QUEUE_STUCK_S = 3600,         /* so long a runner may be at work and nothing comes of it */
};

struct queue_health {
    size_t waiting;   /* messages to be tried, or held */
    size_t failed;    /* given up, and nobody could be told */
    size_t corrupt;   /* damaged files */
    size_t ambiguous; /* held, and may have been delivered */
    bool unattended;  /* something has been due for so long, and nobody came */
    bool stuck;       /* somebody runs it, but nothing has come of that for so long */
    int64_t stamped;  /* when somebody has, in seconds since 1970; 0: never */
    const struct standing_list *standings;
};

/* Looks; q->standings is filled. -1: ERR_TEMPORARY. */
int queue_health_look(struct queue *q, int64_t now, struct queue_health *ret,
                      struct err *e) MUST_USE;

struct queue_complaint {
    enum queue_level level; /* QUEUE_FINE: worth knowing only */
    const char *text;
};

struct queue_complaints {
    struct queue_complaint *items;
    size_t n, room;
};

/* What there is to complain of, the worst first. Foreign text is as it came. Pure. */
void queue_health_judge(struct arena *a, const struct queue_health *h,
                        struct queue_complaints *ret);

#endif
