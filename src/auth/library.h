/* libgsasl, opened at run time by the few logins that need it: GSSAPI, and the preparation of what
 * is not ASCII. */
#ifndef AUTH_LIBRARY_H
#define AUTH_LIBRARY_H

#include "base/err.h"

#include <gsasl.h>

#define LIBRARY_FUNCTIONS(X) \
    X(init)                  \
    X(done)                  \
    X(callback_set)          \
    X(client_start)          \
    X(step)                  \
    X(finish)                \
    X(free)                  \
    X(saslprep)              \
    X(property_set)          \
    X(strerror)

#define LIBRARY_POINTER(name) __typeof__(&gsasl_##name) name;

/* Its functions, without their prefix. Zeroed is closed. */
struct library {
    LIBRARY_FUNCTIONS(LIBRARY_POINTER)
    void *handle;
};

/* ERR_UNAVAILABLE: "`whatfor` needs libgsasl …". */
int library_open(struct library *ret, const char *whatfor, struct err *e) MUST_USE;
void library_close(struct library *library);

#endif
