/* Signals. Until sig_hold() they have their default effect and end the process. */
#ifndef BASE_SIG_H
#define BASE_SIG_H

/* At start: SIGPIPE ignored, all else default and unblocked (a parent may have left them so). */
void sig_start(void);

/* From now on TERM, INT and HUP only set a flag and interrupt poll(2). */
void sig_hold(void);

/* The signal that came last since sig_hold(), or 0. */
int sig_caught(void);

/* For a child: all of the standard signals default and unblocked, SIGPIPE too. */
void sig_reset(void);

#endif
