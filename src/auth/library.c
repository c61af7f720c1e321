#include "auth/library.h"

#include "build.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY_SYMBOL(name) { "gsasl_" #name, offsetof(struct library, name) },

static const struct {
    const char *name;
    size_t offset;
} symbols[] = { LIBRARY_FUNCTIONS(LIBRARY_SYMBOL) };

void library_close(struct library *library)
{
    if (library->handle)
        dlclose(library->handle);
    *library = (struct library){ 0 };
}

/* Once opened it stays: the Kerberos libraries that it brings do not clean up behind themselves. */
static bool library_load(struct library *library)
{
    library->handle = dlopen(GSASL_SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; library->handle && i < sizeof symbols / sizeof *symbols; i++) {
        void *symbol = dlsym(library->handle, symbols[i].name);
        if (!symbol)
            return false;
        memcpy((char *)library + symbols[i].offset, &symbol, sizeof symbol);
    }
    return library->handle;
}

int library_open(struct library *ret, const char *whatfor, struct err *e)
{
    struct library library = { 0 };
    if (library_load(&library)) {
        *ret = library;
        return 0;
    }
    library_close(&library);
    err_set(e, ERR_UNAVAILABLE, "%s needs %s, which cannot be opened", whatfor, GSASL_SONAME);
    err_hint(e, "install libgsasl, or allow PLAIN and LOGIN in auth");
    return -1;
}
