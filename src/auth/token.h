/* The OAuth 2.0 access token, from the account's oauth_token_command. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/opts.h"
#include "base/buf.h"
#include "base/clock.h"

/* Appends the token to `ret` (marked secret). -1 as helper_run, or ERR_CONFIG for output that is no
 * token (RFC 6750 section 2.1), such as a web page or a JSON object. */
int token_get(const struct auth_opts *opts, struct deadline deadline, struct buf *ret,
              struct err *e) MUST_USE;

/* The server has refused `token`: runs the command again, with POSTBAG_OAUTH_REFRESH=1 in its
 * environment, and puts a new token in its place. -1 as above; ERR_AUTH when it gives the same. */
int token_renew(const struct auth_opts *opts, struct deadline deadline, struct buf *token,
                struct err *e) MUST_USE;

#endif
