/* What an account says about its login. Strings belong to the config's arena, which is wiped. */
#ifndef AUTH_OPTS_H
#define AUTH_OPTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ident.h"

struct auth_opts {
    struct strlist auth;  /* "auto", "off", or mechanism names; empty: auto if `user` is set */
    const char *auth_min; /* "scram", "scram-plus", or NULL */
    const char *user;
    const char *password;
    const char *password_file; /* absolute */
    const char *password_command;
    const char *oauth_token_command; /* gives a token, in place of a password */
    const char *password_credential; /* a file below $CREDENTIALS_DIRECTORY */
    const char *password_env;        /* a variable */
    const char *env_password;        /* its value; NULL: there is none */
    const char *netrc;               /* "yes" for ~/.netrc, or an absolute path */
    struct strlist machines;         /* what it is asked for: names of hosts */
    const struct ident *who;         /* whose home is "~"; borrowed, or NULL */
};

/* Is a login wanted at all? */
static inline bool auth_opts_wanted(const struct auth_opts *o)
{
    if (o->auth.n == 1 && span_iis(span_of(o->auth.items[0]), "off"))
        return false;
    return o->auth.n > 0 || o->user;
}

/* The keys that say where the password comes from, of which an account has one: the i-th, NULL
 * behind the last. */
const char *auth_opts_source(size_t i);

/* How many of them are set? */
unsigned auth_opts_sources(const struct auth_opts *o);

/* Are the names in `auth` and `auth_min` ones that this version knows, and do they leave anything?
 * -1 with ERR_CONFIG. */
int auth_opts_check(const struct auth_opts *o, struct err *e) MUST_USE;

#endif
