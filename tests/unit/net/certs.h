/* Certificates made on the spot, and a TLS server in a child process that shows them. */
#ifndef TESTS_NET_CERTS_H
#define TESTS_NET_CERTS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <sys/types.h>

struct cert {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

struct cert_plan {
    const char *subject; /* common name */
    const char *hosts[20];
    const char *address; /* an IP address among the alternative names */
    int from_days;       /* relative to now; both 0: from yesterday until tomorrow */
    int until_days;
    bool authority;
    bool for_clients;
    unsigned rsa_bits; /* 0: ECDSA P-256 */
    bool sha1;         /* in place of SHA-256 */
};

/* `issuer` NULL: signed by itself. */
struct cert cert_make(const struct cert_plan *plan, const struct cert *issuer);
void cert_free(struct cert *c);
void cert_write(const struct cert *c, const char *file, const char *key_file);

struct peer {
    const struct cert *leaf;
    const struct cert *between; /* sent after the leaf, or NULL */
    const char *priority;       /* NULL: NORMAL */
    bool wants_certificate;
    const gnutls_datum_t *tickets; /* the key of session tickets; NULL: it resumes nothing */
    void (*serve)(gnutls_session_t session); /* after the handshake; NULL: close_notify and end */
};

/* Runs the server in a child; `fd` gets our end of the connection. */
pid_t peer_start(const struct peer *peer, int *fd);

/* Runs any function in a child at the other end of a socket pair. */
pid_t other_end(void (*run)(int fd, const void *context), const void *context, int *fd);

/* Reaps it: its exit status. */
int peer_end(pid_t pid);

#endif
