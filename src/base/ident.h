/* Who runs this process: from getuid and the passwd entry, never from HOME, USER or LOGNAME. */
#ifndef BASE_IDENT_H
#define BASE_IDENT_H

#include "base/arena.h"

#include <sys/types.h>

struct ident {
    uid_t uid;
    const char *login;         /* for ident_login and … */
    const char *gecos;         /* … ident_gecos; NULL while they are still to be looked up */
    const char *home;          /* absolute, or NULL */
    const char *host;          /* gethostname(), "localhost" if empty */
    const char *config;        /* $XDG_CONFIG_HOME or ~/.config; NULL without an entry or home */
    struct ident_entry *entry; /* NULL: nothing is to be looked up */
};

/* The login, "uid-1234" without a passwd entry; and the full name as in that entry ("&" expanded,
 * up to the comma), or "". */
const char *ident_login(const struct ident *who);
const char *ident_gecos(const struct ident *who);

/* Never fails. $XDG_CONFIG_HOME counts only if absolute and this uid's folder. */
void ident_get(struct arena *a, struct ident *ret);

/* $XDG_STATE_HOME, by the same rule, or ~/.local/state; NULL without a home. */
const char *ident_state(struct arena *a, const struct ident *who);

/* Of another user, as far as the system knows him: without home and config. Copies share the arena,
 * and that his names are looked up when they are asked for: what the system loads for that may cost
 * more than all the rest. */
void ident_of(struct arena *a, uid_t uid, struct ident *ret);

/* Drops set-uid and set-gid rights for good, if there are any. Ends the process with 77 when the
 * kernel refuses. */
void ident_drop_privileges(void);

#endif
