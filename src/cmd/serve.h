/* postbag serve: mail for users who may not read a password. The parent (serve.c) accepts, a
 * session (serve_session.c) is forked for each connection, one runner empties the spool. */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "cmd/options.h"
#include "cmd/serve_peer.h"
#include "config/config.h"
#include "queue/waiter.h"

/* What the parent has and every session is given. */
struct serve {
    const struct options *options;
    struct arena arena;
    struct ident ident; /* the service's own */
    struct config config;
    const char *spool; /* path */
};

/* The life of a session on its connection; takes the descriptor over. `waiter` says when it waits
 * for a verdict; may be NULL. Returns its exit status. */
int serve_session_run(const struct serve *serve, int fd, const struct serve_peer *peer, bool lmtp,
                      struct waiter *waiter);

#endif
