/* Makes the kernel refuse a system call to this process and its children, as an old kernel or a
 * sandbox would. There is no way back: call it in a forked copy. */
#ifndef TEST_DENY_H
#define TEST_DENY_H

#include <stdint.h>

/* The call fails with `errnum`; with `bits` not 0 only if its argument `argument` has one of them.
 * Ends the process with 99 if that cannot be had. */
void deny(long call, unsigned argument, uint32_t bits, int errnum);

#endif
