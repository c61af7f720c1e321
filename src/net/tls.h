/* TLS (RFC 8446, 5246) by GnuTLS, as a layer that net/stream drives. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "net/opts.h"

#include <sys/types.h>

/* What was negotiated; strings live as long as the session. */
struct tls_facts {
    const char *version; /* "TLS1.3" */
    const char *cipher;  /* "ECDHE-X25519 … AES-256-GCM" as GnuTLS describes it */
    bool verified;       /* chain and name, or fingerprint; false only with tls_verify = insecure */
    const char *peer;    /* names in the certificate, ", " between them */
    int64_t expires;     /* of the leaf, seconds since the epoch */
    /* channel binding (RFC 5929, 9266): empty when there is none that is safe to use */
    const char *binding_type; /* "tls-exporter", "tls-unique" or NULL */
    struct span binding;
};

struct tls;

/* The session over a connected non-blocking descriptor. `host` is the name to verify
 * (opts->tls_name goes before it) and to send as SNI if it is no address. ERR_CONFIG for a bad
 * priority string or unreadable files, ERR_INTERNAL. */
int tls_new(int fd, const struct net_opts *opts, const char *host, bool is_literal,
            struct tls **ret, struct err *e) MUST_USE;
void tls_free(struct tls *t);

/* The steps below return TLS_DONE (or an octet count), or what to wait for, or -1 with `e`. */
enum tls_step { TLS_DONE = 0, TLS_WANT_READ = -2, TLS_WANT_WRITE = -3 };

int tls_handshake(struct tls *t, struct err *e) MUST_USE;
ssize_t tls_read(struct tls *t, char *to, size_t len, struct err *e) MUST_USE;
ssize_t tls_write(struct tls *t, const char *from, size_t len, struct err *e) MUST_USE;

/* Records that the library has made and the kernel has not yet taken: sent by tls_push. */
int tls_push(struct tls *t, struct err *e) MUST_USE;
bool tls_has_input(const struct tls *t); /* decrypted octets wait inside */

void tls_bye(struct tls *t);
const struct tls_facts *tls_facts(const struct tls *t);

#endif
