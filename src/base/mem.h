/* Memory that is there or ends the process: when the machine is out of memory nothing useful can
 * be done, and everything worth keeping is already durable. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#define CLEANUP(function)        __attribute__((cleanup(function)))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define MUST_USE                 __attribute__((warn_unused_result))

/* Zeroed memory for `count` objects of `size` octets. Never NULL: writes one line and exits
 * 71, or 75 when a message may have been delivered already (sig_hold). */
void *mem_new(size_t count, size_t size) MUST_USE;

/* Resizes a block from this file (NULL allowed); new octets are not zeroed. Never NULL. */
void *mem_resize(void *block, size_t count, size_t size) MUST_USE;

/* Copies of a string or of `len` octets, NUL-terminated; the caller frees them. */
char *mem_string(const char *text) MUST_USE;
char *mem_copy(const char *text, size_t len) MUST_USE;

/* Overwrites a secret in a way that the compiler cannot leave out. */
void mem_wipe(void *secret, size_t len);

/* For CLEANUP: frees what the variable points to. */
void mem_free_string(char **text);

#endif
