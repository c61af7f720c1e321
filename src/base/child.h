/* A child process whose output is wanted within a deadline.
 *
 * It leads its own process group, reads from /dev/null, has no descriptor but 0 to 2, default
 * signals, and never outlives the call: past the deadline the whole group is killed and reaped. */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct child_result {
    bool exited; /* else killed by `status` */
    int status;  /* exit status or signal number */
};

/* Runs argv[0] (searched in PATH, or /usr/local/bin:/usr/bin:/bin if unset) with the environment
 * of the caller less every variable whose name begins with POSTBAG_. Its stdout is appended to
 * `out` (at most out->limit octets; more is an error), its stderr goes to the caller's stderr.
 * 0 when it ended by itself (see `ret`), or -1, with `out` as it was: ERR_TIMEOUT, ERR_TEMPORARY
 * (stopped by a signal, see sig_stop), ERR_SYSTEM (fork, pipe), ERR_CONFIG (argv[0] cannot be
 * executed; the text names it), ERR_DATA (too much output). */
int child_run(char *const argv[], struct deadline deadline, struct buf *out,
              struct child_result *ret, struct err *e) MUST_USE;

/* Runs `work(context, fd)` in a forked copy of this process, for library calls that cannot be
 * bounded; what it writes to `fd` is appended to `out`. The copy ends by _exit(work's value).
 * Returns as child_run does. */
int child_call(int (*work)(const void *context, int fd), const void *context,
               struct deadline deadline, struct buf *out, struct child_result *ret,
               struct err *e) MUST_USE;

#endif
