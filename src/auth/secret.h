/* The password, or the token in its place, from the one place the account names. */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include "auth/opts.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/* Which key it comes from, or NULL: password, password_file, password_command,
 * password_credential, password_env, netrc, oauth_token_command, in this order. */
const char *secret_source(const struct auth_opts *opts);

/* Appends the password to `ret` (marked secret): the value itself, the first line of the file or
 * credential or of the command's output, or what the netrc has for opts->machines. A file that
 * group or others may write is refused; one that others may read adds a line to `notes`, or is
 * refused if it is a netrc. -1: ERR_CONFIG (no source, unreadable, empty), ERR_SYSTEM, or as
 * helper_run. */
int secret_get(const struct auth_opts *opts, struct deadline deadline, struct arena *a,
               struct buf *ret, struct strlist *notes, struct err *e) MUST_USE;

#endif
