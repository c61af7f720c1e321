/* What every fuzz target gives, and how it says that a property does not hold. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The one function of a fuzz_NAME.c: takes any octets, returns 0. Called many times in one
 * process, so it leaves nothing behind. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the code under test. Unlike assert() it holds in every kind of build. */
#define FUZZ_CHECK(condition)                                                          \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "%s:%d: property does not hold: %s\n", __FILE__, __LINE__, \
                    #condition);                                                       \
            abort();                                                                   \
        }                                                                              \
    } while (0)

#endif
