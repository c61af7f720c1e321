/* What `postbag check` and `postbag test` say of an account's TLS settings before any server is
 * asked. */
#ifndef CMD_TLS_REMARKS_H
#define CMD_TLS_REMARKS_H

#include "base/err.h"
#include "config/account.h"

/* A certificate that has fewer days left than this one needs somebody's attention. */
enum { EXPIRY_WARNING_DAYS = 14 };

struct tls_remarks {
    struct strlist notes;
    struct strlist warnings; /* what calls for action */
};

/* Loads our own certificate, if there is one. -1: ERR_CONFIG, it cannot be used. */
int tls_remarks(struct arena *a, const struct account *account, struct tls_remarks *ret,
                struct err *e) MUST_USE;

#endif
