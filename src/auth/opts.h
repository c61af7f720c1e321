/* What an account says about its login. Strings belong to the config's arena, which is wiped. */
#ifndef AUTH_OPTS_H
#define AUTH_OPTS_H

#include "base/arena.h"
#include "base/err.h"

struct auth_opts {
    struct strlist auth;  /* "auto", "off", or mechanism names; empty: auto if `user` is set */
    const char *auth_min; /* "scram", or NULL */
    const char *user;
    const char *password;
    const char *password_file; /* absolute */
    const char *password_command;
    const char *home; /* for "~/" in the command, or NULL */
};

/* Is a login wanted at all? */
static inline bool auth_opts_wanted(const struct auth_opts *o)
{
    if (o->auth.n == 1 && span_iis(span_of(o->auth.items[0]), "off"))
        return false;
    return o->auth.n > 0 || o->user;
}

/* Are the names in `auth` and `auth_min` ones that this version knows, and do they leave anything?
 * -1 with ERR_CONFIG. */
int auth_opts_check(const struct auth_opts *o, struct err *e) MUST_USE;

#endif
