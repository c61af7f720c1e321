/* A command of the account whose first line of output is a secret. No shell runs it. */
#ifndef AUTH_HELPER_H
#define AUTH_HELPER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct helper {
    const char *key;      /* it stands in this key of the account, for messages */
    const char *command;  /* words as for a shell */
    const char *home;     /* for "~/", or NULL */
    const char *variable; /* "NAME=value" for its environment, or NULL */
};

/* Appends the first line of its output, perhaps empty, to `ret` (marked secret). -1: ERR_CONFIG (it
 * cannot be run, or failed), ERR_TEMPORARY (it exited 75, or a signal stops us), ERR_TIMEOUT,
 * ERR_SYSTEM. */
int helper_run(const struct helper *helper, struct deadline deadline, struct arena *a,
               struct buf *ret, struct err *e) MUST_USE;

#endif
