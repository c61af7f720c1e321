/* Random numbers for spreading load, not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/* Any number; 0 when the kernel has none to give. */
uint64_t random_number(void);

#endif
