/* TLS 1.2 and 1.3 (RFC 5246, 8446) by GnuTLS, as a layer for net/stream. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/layer.h"
#include "net/opts.h"
#include "net/tls_memory.h"

/* What was negotiated; strings live as long as the session. */
struct tls_facts {
    const char *version; /* "TLS1.3" */
    const char *cipher;  /* "ECDHE-X25519 … AES-256-GCM" as GnuTLS describes it */
    bool verified;       /* chain and name, or fingerprint; false only with tls_verify = insecure */
    const char *peer;    /* names in the certificate, ", " between them */
    int64_t expires;     /* of the leaf, seconds since the epoch */
    bool resumed;
    bool certificate_sent; /* ours: the server asked for one, and it was sent */
};

struct tls;

/* The session over a connected descriptor, which stays the caller's. `host` is the name to verify
 * (opts->tls_name goes before it) and to send as SNI if it is no address. `opts` is borrowed for
 * the life of the session. -1: ERR_CONFIG for a bad tls_priority, malformed fingerprints or
 * unreadable files, ERR_LIBRARY without GnuTLS, ERR_INTERNAL. */
int tls_new(int fd, const struct net_opts *opts, const char *host, bool is_literal,
            struct tls **ret, struct err *e) MUST_USE;

/* Before the handshake: resumes the session in `memory`, which must be of this server and these
 * `opts`, if there is one and the server agrees; and keeps the new one there at the end. Borrowed
 * for the life of the session. */
void tls_remember(struct tls *t, struct tls_memory *memory);

/* As a layer: its `free` ends the session. What it takes over is encrypted at once, a whole record
 * of 16 KiB at a time, and leaves with `push`, in one send(2) if the kernel takes it; it never
 * holds much more than 64 KiB. */
struct layer *tls_layer(struct tls *t);

/* One step: 0 after a handshake with a trusted server, LAYER_AGAIN (after `push`, wait for input),
 * or LAYER_FAILED: ERR_CERTIFICATE, ERR_TLS, ERR_CLOSED, and what trust_check says. The last
 * message of the handshake may still be held, to leave together with the first command. */
int tls_handshake(struct tls *t, struct err *e) MUST_USE;

/* After the handshake. The texts are made by the first call. */
const struct tls_facts *tls_facts(struct tls *t);

/* Appends the channel binding (RFC 9266, RFC 5929) and names its type, "tls-exporter" or
 * "tls-unique". False when there is none that is safe to use: TLS 1.2 without extended master
 * secret (RFC 7627), or below. */
bool tls_binding(struct tls *t, const char **type, struct buf *to);

#endif
