#include "base/mem.h"

#include "base/sig.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static _Noreturn void mem_give_up(const char *words, int status)
{
    if (write(STDERR_FILENO, words, strlen(words)) < 0)
        _exit(status);
    _exit(status);
}

/* While signals are held a message has left whole, and its verdict may have come. */
static void *mem_or_exit(void *block)
{
    if (block)
        return block;
    if (sig_is_held())
        mem_give_up(
            "postbag: out of memory after the message was sent: it may have been delivered\n",
            EX_TEMPFAIL);
    mem_give_up("postbag: out of memory\n", EX_OSERR);
}

void *mem_new(size_t count, size_t size)
{
    return mem_or_exit(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *block, size_t count, size_t size)
{
    return mem_or_exit(reallocarray(block, count ? count : 1, size ? size : 1));
}

char *mem_string(const char *text)
{
    return mem_copy(text, strlen(text));
}

char *mem_copy(const char *text, size_t len)
{
    char *copy = mem_or_exit(len < SIZE_MAX ? malloc(len + 1) : NULL);
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void mem_wipe(void *secret, size_t len)
{
    if (secret)
        explicit_bzero(secret, len);
}

void mem_free_string(char **text)
{
    free(*text);
}
