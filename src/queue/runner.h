/* Empties the queue: looks what is there and due, and has it sent by a worker for each route, all
 * routes side by side, each in order of age, new mail and deferred mail in turns.
 *
 * Only one runner works at a time. Another one waits for it (one is enough: a third one leaves at
 * once, because the one that waits will see all that it would), then looks again itself. */
#ifndef QUEUE_RUNNER_H
#define QUEUE_RUNNER_H

#include "base/ident.h"
#include "config/config.h"
#include "queue/spool.h"

enum runner_mode {
    RUNNER_ALL,   /* everything now, due or not */
    RUNNER_DUE,   /* what is due */
    RUNNER_WATCH, /* what is due, and stay until TERM or INT */
};

struct runner_setup {
    const char *spool; /* path */
    struct config *config;
    bool settled; /* it counts until HUP, whatever its files say by now */
    const struct ident *ident;
    enum runner_mode mode;
    const char *name; /* for stderr and the log */
    int verbose;
    int64_t idle_ms; /* RUNNER_WATCH: so long a worker without work keeps its connection, and takes
                        the next message of its route; 0: it leaves at once */
};

struct runner_totals {
    size_t done, deferred, held;
    size_t left; /* still in new/ or defer/, but for what is unreadable */
    bool hangup; /* RUNNER_WATCH: ended by HUP, or because the spool is another folder now; to be
                    started again with a new configuration */
    int stop;    /* ended early by this signal, or 0 */
};

/* 0 when it has done what could be done, whatever became of the messages. -1: the spool cannot be
 * used (ERR_TEMPORARY, ERR_PERMISSION), no processes (ERR_SYSTEM). A spool that does not exist is
 * empty. */
int runner_run(const struct runner_setup *setup, struct runner_totals *ret, struct err *e) MUST_USE;

#endif
