#include "net/gnutls.h"

#include "build.h"

#include <stddef.h>

struct gnutls gnutls;

int gnutls_open(const char *whatfor, struct err *e)
{
    static const char *const names[] = { GNUTLS_FUNCTIONS(LIBRARY_NAME) NULL };
    const struct library library = { GNUTLS_SONAME, names };
    if (library_open(&library, &gnutls, whatfor, e) < 0) {
        err_hint(e, "install GnuTLS, and what it needs itself");
        return -1;
    }
    int done = gnutls.global_init();
    return done < 0 ? err_set(e, ERR_INTERNAL, "GnuTLS: %s", gnutls.strerror(done)) : 0;
}
