/* The file of logins that ftp, curl and others share. Pure. */
#ifndef AUTH_NETRC_H
#define AUTH_NETRC_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the password of the first entry for this machine (or of a "default" entry before it),
 * without regard to the case of its name, that names this login or none. 1, or 0 if there is no
 * such entry; -1 with ERR_CONFIG, "line N: …", for text that cannot be read. The message has
 * nothing of the text in it. `ret` is secret. */
int netrc_find(struct span text, const char *machine, const char *login, struct buf *ret,
               struct err *e) MUST_USE;

#endif
