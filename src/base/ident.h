/* Who runs this process: from getuid and the passwd entry, never from HOME, USER or LOGNAME. */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include "base/arena.h"

#include <sys/types.h>

/* All but `uid` and `host` is looked up when somebody asks for it, and once for all copies: what
 * the system loads for that may cost more than all the rest. */
struct ident {
    uid_t uid;
    const char *host;          /* gethostname(), "localhost" if empty */
    struct ident_entry *entry; /* what is looked up; NULL: these four count, … */
    const char *login, *gecos;
    const char *home, *config; /* … which are NULL otherwise */
};

/* Of this process. Never fails. The arena must stay where it is: copies share it. */
void ident_get(struct arena *a, struct ident *ret);

/* Of another user, as far as the system knows him: without home and folders. */
void ident_of(struct arena *a, uid_t uid, struct ident *ret);

/* The login, "uid-1234" without a passwd entry; and the full name as in that entry ("&" expanded,
 * up to the comma), or "". */
const char *ident_login(const struct ident *who);
const char *ident_gecos(const struct ident *who);

/* Absolute; NULL without an entry or a home in it, and for NULL. */
const char *ident_home(const struct ident *who);

/* $XDG_CONFIG_HOME, if it is absolute and this uid's folder, or ~/.config; NULL without a home. */
const char *ident_config(const struct ident *who);

/* $XDG_STATE_HOME, by the same rule, or ~/.local/state; NULL without a home. */
const char *ident_state(struct arena *a, const struct ident *who);

/* Drops set-uid and set-gid rights for good, if there are any. Ends the process with 77 when the
 * kernel refuses. */
void ident_drop_privileges(void);

#endif
