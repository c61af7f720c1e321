/* The words of -N and -R (RFC 3461). */
#ifndef CMD_DSN_H
#define CMD_DSN_H

#include "base/err.h"
#include "mail/opts.h"

/* "never", or a comma list of success, failure, delay; case is ignored. ERR_USAGE. */
int dsn_parse_notify(const char *text, unsigned *ret, struct err *e) MUST_USE;

/* "hdrs" or "full"; case is ignored. ERR_USAGE. */
int dsn_parse_return(const char *text, enum dsn_return *ret, struct err *e) MUST_USE;

#endif
