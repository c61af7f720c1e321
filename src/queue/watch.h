/* What a runner waits for: signals, new mail, the words of its workers. */
#ifndef QUEUE_WATCH_H
#define QUEUE_WATCH_H

#include "queue/spool.h"

#include <poll.h>
#include <signal.h>

struct watch {
    int signals; /* signalfd: TERM, INT, HUP (unless ignored) and CHLD, which are blocked */
    int mail;    /* inotify on new/, -1 where there is none */
    sigset_t before;
};

/* -1 with ERR_SYSTEM when there is no signalfd. Without inotify new mail is seen only when somebody
 * looks. */
int watch_open(struct watch *w, const struct spool *s, struct err *e) MUST_USE;
void watch_close(struct watch *w);

/* For a child: descriptors closed, signals as they were. */
void watch_leave(struct watch *w);

/* Waits until one of these, or one of the caller's `n` descriptors in `more`, is ready; at most
 * `timeout_ms` (-1: for ever). `more` has room for WATCH_OWN entries behind `n`. */
enum { WATCH_OWN = 2 };
void watch_wait(const struct watch *w, struct pollfd *more, size_t n, int timeout_ms);

struct watch_news {
    bool mail;   /* something has come into new/ */
    bool child;  /* a child has ended */
    int stop;    /* TERM or INT, or 0 */
    bool hangup; /* HUP */
};

/* What has happened since the last call; never waits. */
struct watch_news watch_news(const struct watch *w);

#endif
