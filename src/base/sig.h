/* Signals. Until sig_hold() they have their default effect and end the process. */
#ifndef BASE_SIG_H
#define BASE_SIG_H

/* At start: SIGPIPE ignored, TERM and CHLD default, nothing blocked, whatever a parent has left.
 * HUP and INT stay ignored if they are: nohup(1) and a shell's background jobs mean it. */
void sig_start(void);

/* From now on TERM, INT and HUP, unless ignored, only set a flag and interrupt poll(2). */
void sig_hold(void);

/* The signal that came last since sig_hold(), or 0. */
int sig_caught(void);

/* They have their default effect again; one that was caught meanwhile has it now. */
void sig_release(void);

/* For a child: all of the standard signals default and unblocked, SIGPIPE too. */
void sig_reset(void);

#endif
