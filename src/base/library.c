#include "base/library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_filled(const void *table)
{
    void *first;
    memcpy(&first, table, sizeof first);
    return first;
}

static bool fill(const struct library *library, char *table)
{
    void *handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; handle && library->names[i]; i++) {
        void *symbol = dlsym(handle, library->names[i]);
        if (!symbol)
            return false;
        memcpy(table + i * sizeof symbol, &symbol, sizeof symbol);
    }
    return handle;
}

static void empty(const struct library *library, char *table)
{
    for (size_t i = 0; library->names[i]; i++)
        memset(table + i * sizeof(void *), 0, sizeof(void *));
}

/* Once opened it stays: not every library cleans up behind itself, or can be opened twice. */
int library_open(const struct library *library, void *table, const char *whatfor, struct err *e)
{
    if (is_filled(table) || fill(library, table))
        return 0;
    const char *reason = dlerror();
    size_t len = strlen(library->soname);
    empty(library, table);
    if (!reason)
        reason = "no reason given";
    else if (strncmp(reason, library->soname, len) == 0 && strncmp(reason + len, ": ", 2) == 0)
        reason += len + 2;
    return err_set(e, ERR_LIBRARY, "%s needs %s, which cannot be opened (%s)", whatfor,
                   library->soname, reason);
}
