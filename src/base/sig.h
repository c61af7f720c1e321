/* Signals. Until sig_hold() they have their default effect and end the process. */
#ifndef BASE_SIG_H
#define BASE_SIG_H

#include <poll.h>
#include <stdbool.h>

/* At start: SIGPIPE and SIGXFSZ ignored (the write tells), TERM and CHLD default, nothing blocked.
 * HUP and INT stay ignored if they are: nohup(1) and a shell's background jobs mean it. */
void sig_start(void);

/* From now on TERM and HUP, unless ignored, only set a flag and interrupt poll(2): there is
 * something to be kept before the process ends. */
void sig_defer(void);

/* The signal that asked for that, until sig_hold(); else 0. Whoever waits looks here. */
int sig_stop(void);

/* From now on the signals that would end the process, unless ignored, only set a flag and interrupt
 * poll(2). */
void sig_hold(void);
bool sig_is_held(void);

/* The signal that came last since sig_defer() or sig_hold(), or 0. */
int sig_caught(void);

/* From now on SIGURG, which ends nothing, waits for sig_poll, and interrupts it. */
void sig_listen(void);

/* poll(2). A SIGURG that has come since sig_listen, or comes now: -1 with EINTR. */
int sig_poll(struct pollfd *fds, nfds_t n, int ms);

/* They have their default effect again; one that was caught meanwhile has it now. */
void sig_release(void);

/* For a child: all of the standard signals default and unblocked, SIGPIPE too. */
void sig_reset(void);

#endif
