/* A session of the service: one connection of one user. */
#ifndef CMD_SERVE_SESSION_H
#define CMD_SERVE_SESSION_H

#include "cmd/serve.h"
#include "cmd/serve_peer.h"
#include "queue/waiter.h"

/* The life of a session on its connection; takes the descriptor over. `waiter` says when it waits
 * for a verdict; may be NULL. Returns its exit status. */
int serve_session_run(const struct serve *serve, int fd, const struct serve_peer *peer, bool lmtp,
                      struct waiter *waiter);

#endif
