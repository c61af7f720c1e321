/* Runs part of a test in a forked copy, for what cannot be undone or ends the process. */
#ifndef TEST_FORKED_H
#define TEST_FORKED_H

/* The exit status of `part`'s copy (what it returns), or 256 and the signal that killed it. */
int forked(int (*part)(void *context), void *context);

#endif
