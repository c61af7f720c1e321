#include "certs.h"

#include "net/gnutls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

static void must(int done)
{
    if (done < 0) {
        fprintf(stderr, "certs: %s\n", gnutls_strerror(done));
        abort();
    }
}

static void make_key(struct cert *c, const struct cert_plan *plan)
{
    must(gnutls_x509_privkey_init(&c->key));
    if (plan->rsa_bits)
        must(gnutls_x509_privkey_generate(c->key, GNUTLS_PK_RSA, plan->rsa_bits, 0));
    else
        must(gnutls_x509_privkey_generate(c->key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
}

static void add_name(gnutls_x509_crt_t crt, gnutls_x509_subject_alt_name_t type, const void *octets,
                     unsigned len)
{
    must(gnutls_x509_crt_set_subject_alt_name(crt, type, octets, len, GNUTLS_FSAN_APPEND));
}

static void add_names(gnutls_x509_crt_t crt, const struct cert_plan *plan)
{
    unsigned char octets[16];
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, plan->subject,
                                       (unsigned)strlen(plan->subject)));
    for (int i = 0; i < 20 && plan->hosts[i]; i++)
        add_name(crt, GNUTLS_SAN_DNSNAME, plan->hosts[i], (unsigned)strlen(plan->hosts[i]));
    if (plan->address && inet_pton(AF_INET, plan->address, octets) == 1)
        add_name(crt, GNUTLS_SAN_IPADDRESS, octets, 4);
    else if (plan->address && inet_pton(AF_INET6, plan->address, octets) == 1)
        add_name(crt, GNUTLS_SAN_IPADDRESS, octets, 16);
}

static void add_dates(gnutls_x509_crt_t crt, const struct cert_plan *plan)
{
    int from = plan->from_days || plan->until_days ? plan->from_days : -1;
    int until = plan->from_days || plan->until_days ? plan->until_days : 1;
    time_t now = time(NULL);
    must(gnutls_x509_crt_set_activation_time(crt, now + (time_t)from * DAY));
    must(gnutls_x509_crt_set_expiration_time(crt, now + (time_t)until * DAY));
}

static void add_uses(gnutls_x509_crt_t crt, const struct cert_plan *plan)
{
    must(gnutls_x509_crt_set_basic_constraints(crt, plan->authority, -1));
    must(gnutls_x509_crt_set_key_usage(crt, plan->authority ? GNUTLS_KEY_KEY_CERT_SIGN
                                                            : GNUTLS_KEY_DIGITAL_SIGNATURE));
    if (!plan->authority)
        must(gnutls_x509_crt_set_key_purpose_oid(
            crt, plan->for_clients ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER, 0));
}

/* As a client would read it: only then are its names found. */
static void read_again(struct cert *c)
{
    gnutls_datum_t der;
    must(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &der));
    gnutls_x509_crt_deinit(c->crt);
    must(gnutls_x509_crt_init(&c->crt));
    must(gnutls_x509_crt_import(c->crt, &der, GNUTLS_X509_FMT_DER));
    gnutls_free(der.data);
}

struct cert cert_make(const struct cert_plan *plan, const struct cert *issuer)
{
    static unsigned char serial;
    struct cert c = { 0 };
    ERR e = { 0 };
    must(gnutls_open("the test", &e));
    make_key(&c, plan);
    must(gnutls_x509_crt_init(&c.crt));
    must(gnutls_x509_crt_set_version(c.crt, 3));
    serial++;
    must(gnutls_x509_crt_set_serial(c.crt, &serial, 1));
    must(gnutls_x509_crt_set_key(c.crt, c.key));
    add_names(c.crt, plan);
    add_dates(c.crt, plan);
    add_uses(c.crt, plan);
    must(gnutls_x509_crt_sign2(c.crt, issuer ? issuer->crt : c.crt, issuer ? issuer->key : c.key,
                               plan->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0));
    read_again(&c);
    return c;
}

void cert_free(struct cert *c)
{
    gnutls_x509_crt_deinit(c->crt);
    gnutls_x509_privkey_deinit(c->key);
    *c = (struct cert){ 0 };
}

static void write_file(const char *file, gnutls_datum_t *text)
{
    FILE *f = fopen(file, "w");
    assert(f);
    size_t n = fwrite(text->data, 1, text->size, f);
    assert(n == text->size);
    (void)n;
    fclose(f);
    gnutls_free(text->data);
}

void cert_write(const struct cert *c, const char *file, const char *key_file)
{
    gnutls_datum_t text;
    must(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &text));
    write_file(file, &text);
    if (!key_file)
        return;
    must(gnutls_x509_privkey_export2(c->key, GNUTLS_X509_FMT_PEM, &text));
    write_file(key_file, &text);
}

pid_t other_end(void (*run)(int fd, const void *context), const void *context, int *fd)
{
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
    pid_t pid = fork();
    must(pid);
    if (pid == 0) {
        close(ends[0]);
        run(ends[1], context);
        close(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *fd = ends[0];
    return pid;
}

static void serve(int fd, const void *context)
{
    const struct peer *peer = context;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    gnutls_x509_crt_t chain[2] = { peer->leaf->crt, peer->between ? peer->between->crt : NULL };
    int done;
    must(gnutls_certificate_allocate_credentials(&credentials));
    must(gnutls_certificate_set_x509_key(credentials, chain, peer->between ? 2 : 1,
                                         peer->leaf->key));
    must(gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL));
    must(gnutls_priority_set_direct(session, peer->priority ? peer->priority : "NORMAL", NULL));
    must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
    if (peer->wants_certificate)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    if (peer->tickets)
        must(gnutls_session_ticket_enable_server(session, peer->tickets));
    gnutls_transport_set_int(session, fd);
    do
        done = gnutls_handshake(session);
    while (done < 0 && !gnutls_error_is_fatal(done));
    if (done < 0) {
        gnutls_alert_send_appropriate(session, done);
        _exit(1);
    }
    if (peer->serve)
        peer->serve(session);
    else
        gnutls_bye(session, GNUTLS_SHUT_WR);
}

pid_t peer_start(const struct peer *peer, int *fd)
{
    return other_end(serve, peer, fd);
}

int peer_end(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}
