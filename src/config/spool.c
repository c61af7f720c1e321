#include "config/config.h"

const char *config_spool(const struct config *c, const struct ident *ident, struct arena *a,
                         struct err *why)
{
    if (c->queue.dir)
        return c->queue.dir;
    if (ident->state)
        return arena_printf(a, "%s/postbag/queue", ident->state);
    err_set(why, ERR_TEMPORARY,
            "user %s has no home directory to keep messages in; write dir = PATH below [queue]",
            ident->login);
    return NULL;
}
