/* A TLS session that may be resumed (RFC 8446 section 2.2, RFC 5077), for a process that connects
 * to the same server again and again. Whoever has it can speak as us to that server and as that
 * server to us, so it stays in memory, is used once, and is wiped.
 *
 * In a session that is resumed GnuTLS looks at no certificate; net/tls checks the one that the
 * session was begun with all over, as it would in a full handshake. What fails with an offered
 * session, for that reason or any other, is worth another try without. */
#ifndef NET_TLS_MEMORY_H
#define NET_TLS_MEMORY_H

#include "base/buf.h"
#include "net/opts.h"
#include "net/target.h"

/* Zeroed is empty and valid. */
struct tls_memory {
    struct buf key;     /* the server and the settings that the session is of */
    struct buf session; /* secret */
    bool offered;       /* the last handshake began with it */
};

/* Says who is connected to next, and how; a session of anybody else, or with other settings, is
 * forgotten. */
void tls_memory_aim(struct tls_memory *m, const struct target *target, const struct net_opts *opts);

/* May sessions with these settings be kept? Not without verification, nor with a certificate of our
 * own, for of that the server would not be told again. */
bool tls_memory_allowed(const struct net_opts *opts);

void tls_memory_keep(struct tls_memory *m, struct span session);
void tls_memory_forget(struct tls_memory *m);
void tls_memory_done(struct tls_memory *m);

#endif
