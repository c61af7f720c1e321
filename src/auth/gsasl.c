#include "auth/gsasl.h"

#include "build.h"

#include <stddef.h>

struct gsasl gsasl;

int gsasl_open(const char *whatfor, struct err *e)
{
    static const char *const names[] = { GSASL_FUNCTIONS(LIBRARY_NAME) NULL };
    const struct library library = { GSASL_SONAME, names };
    if (library_open(&library, &gsasl, whatfor, e) == 0)
        return 0;
    err_hint(e, "install libgsasl, or allow PLAIN and LOGIN in auth");
    return -1;
}
