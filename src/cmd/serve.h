/* postbag serve: mail for users who may not read a password. The parent (serve.c) accepts, a
 * session (serve_session.c) is forked for each connection, one runner empties the spool. */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "cmd/options.h"
#include "config/config.h"

/* What the parent has and every session is given. Stays where it is: the configuration points to
 * `ident`, and that to `arena`. */
struct serve {
    const struct options *options;
    struct arena arena;
    struct ident ident; /* the service's own */
    struct config config;
    const char *spool; /* path */
};

#endif
