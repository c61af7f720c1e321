/* libgsasl, opened by the few logins that need it: GSSAPI, and the preparation of what is not
 * ASCII. Its functions are called as members of the table. */
#ifndef AUTH_GSASL_H
#define AUTH_GSASL_H

#include "base/library.h"

#include <gsasl.h>

#define GSASL_FUNCTIONS(X)  \
    X(gsasl_, init)         \
    X(gsasl_, done)         \
    X(gsasl_, callback_set) \
    X(gsasl_, client_start) \
    X(gsasl_, step)         \
    X(gsasl_, finish)       \
    X(gsasl_, free)         \
    X(gsasl_, saslprep)     \
    X(gsasl_, property_set) \
    X(gsasl_, strerror)

struct gsasl {
    GSASL_FUNCTIONS(LIBRARY_POINTER)
};

/* Empty before gsasl_open has succeeded. */
extern struct gsasl gsasl;

/* -1: ERR_LIBRARY, "`whatfor` needs libgsasl …". */
int gsasl_open(const char *whatfor, struct err *e) MUST_USE;

#endif
