#include "config/config.h"

const char *config_spool(const struct config *c, const struct ident *ident, struct arena *a,
                         struct err *why)
{
    if (c->queue.dir)
        return c->queue.dir;
    const char *state = ident_state(a, ident);
    if (state)
        return arena_printf(a, "%s/postbag/queue", state);
    err_set(why, ERR_TEMPORARY,
            "user %s has no home directory to keep messages in; write dir = PATH below [queue]",
            ident_login(ident));
    return NULL;
}
