#include "net/tls.h"

#include "net/identity.h"
#include "net/names.h"
#include "net/stranger.h"
#include "net/transport.h"
#include "net/trust.h"

#include <stdlib.h>
#include <string.h>

enum { HELD_FULL = 64 * 1024 };

struct tls {
    struct layer layer;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    const struct net_opts *opts;
    struct trust trust;
    struct identity identity;
    struct err refusal;        /* of trust_check */
    struct tls_memory *memory; /* or NULL */
    bool established;

    struct transport transport;
    struct tls_facts facts;
    struct buf cipher;
    struct buf peer;
};

static ssize_t hold(gnutls_transport_ptr_t self, const giovec_t *pieces, int n)
{
    return transport_write(&((struct tls *)self)->transport, pieces, n);
}

static ssize_t pull(gnutls_transport_ptr_t self, void *to, size_t len)
{
    return transport_read(&((struct tls *)self)->transport, to, len);
}

/* Failures. */

static int too_old(struct err *e)
{
    err_set(e, ERR_TLS, "the server has no TLS version in common with us");
    err_hint(e, "an old device may know only TLS 1.0: tls_min = 1.0 allows it");
    return -1;
}

static int alerted(gnutls_alert_description_t alert, struct err *e)
{
    if (alert == GNUTLS_A_PROTOCOL_VERSION)
        return too_old(e);
    err_set(e, ERR_TLS, "the server ended TLS with an alert: %s", gnutls.alert_get_name(alert));
    if (alert == GNUTLS_A_CERTIFICATE_REQUIRED)
        err_hint(e, "the server wants a client certificate: set tls_cert and tls_key");
    if (alert == GNUTLS_A_HANDSHAKE_FAILURE || alert == GNUTLS_A_INSUFFICIENT_SECURITY)
        err_hint(e, "there is no cipher in common; tls_min or tls_priority may allow an old one");
    return -1;
}

static int broken(const struct tls *t, int code, struct err *e)
{
    if (t->transport.lost)
        return layer_lost(t->transport.lost, e);
    if (code == GNUTLS_E_PREMATURE_TERMINATION)
        return err_set(e, ERR_CLOSED, "the server closed the connection without ending TLS");
    if (code == GNUTLS_E_REHANDSHAKE)
        return err_set(e, ERR_TLS, "the server wants to negotiate TLS again");
    if (code == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return alerted(gnutls.alert_get(t->session), e);
    return err_set(e, ERR_TLS, "%s", gnutls.strerror(code));
}

/* As a layer. */

/* AGAIN does not mean that nothing came: a session ticket is read and gives nothing to hand on. */
static ssize_t layer_result(const struct tls *t, ssize_t n, struct err *e)
{
    if (n >= 0)
        return n;
    if (n == GNUTLS_E_REHANDSHAKE || gnutls.error_is_fatal((int)n))
        return broken(t, (int)n, e);
    return LAYER_AGAIN;
}

static ssize_t tls_read(struct layer *l, char *to, size_t len, struct err *e)
{
    struct tls *t = (struct tls *)l;
    return layer_result(t, gnutls.record_recv(t->session, to, len), e);
}

static int tls_push(struct layer *l, struct err *e)
{
    return transport_push(&((struct tls *)l)->transport, e);
}

static ssize_t tls_write(struct layer *l, struct span from, struct err *e)
{
    struct tls *t = (struct tls *)l;
    int pushed = t->transport.held.len < HELD_FULL ? 0 : transport_push(&t->transport, e);
    if (pushed < 0)
        return pushed;
    ssize_t n = gnutls.record_send(t->session, from.at, from.len);
    if (n > 0)
        transport_mark(&t->transport, (size_t)n);
    return layer_result(t, n, e);
}

static bool tls_has_input(const struct layer *l)
{
    const struct tls *t = (const struct tls *)l;
    return t->transport.taken < t->transport.raw.len || gnutls.record_check_pending(t->session) > 0;
}

static size_t tls_held(const struct layer *l)
{
    return transport_held(&((const struct tls *)l)->transport);
}

static void tls_bye(struct layer *l)
{
    struct tls *t = (struct tls *)l;
    ERR ignored = { 0 };
    gnutls.bye(t->session, GNUTLS_SHUT_WR);
    if (transport_push(&t->transport, &ignored) < 0)
        return;
}

/* In TLS 1.3 there is nothing to keep before a ticket has come, and GnuTLS would wait for one. */
static void keep_session(struct tls *t)
{
    gnutls_datum_t octets = { NULL, 0 };
    bool v13 = gnutls.protocol_get_version(t->session) == GNUTLS_TLS1_3;
    bool ticket = gnutls.session_get_flags(t->session) & GNUTLS_SFLAGS_SESSION_TICKET;
    if (!t->established || (v13 && !ticket) || gnutls.session_get_data2(t->session, &octets) < 0)
        return;
    tls_memory_keep(t->memory, (struct span){ (const char *)octets.data, octets.size });
    mem_wipe(octets.data, octets.size);
    (*gnutls.free)(octets.data);
}

static void tls_free(struct layer *l)
{
    struct tls *t = (struct tls *)l;
    if (t->memory)
        keep_session(t);
    if (t->session)
        gnutls.deinit(t->session);
    if (t->credentials)
        gnutls.certificate_free_credentials(t->credentials);
    trust_done(&t->trust);
    identity_done(&t->identity);
    err_done(&t->refusal);
    transport_done(&t->transport);
    buf_done(&t->cipher);
    buf_done(&t->peer);
    free(t);
}

struct layer *tls_layer(struct tls *t)
{
    return &t->layer;
}

/* Setting up. */

static int tls_failed(int code, const char *what, struct err *e)
{
    return err_set(e, ERR_INTERNAL, "GnuTLS: %s: %s", what, gnutls.strerror(code));
}

/* Below TLS 1.2 there are devices that know nothing but static RSA. */
static const char *demands_for(enum tls_version min)
{
    switch (min) {
    case TLS_VERSION_1_0: return "+VERS-TLS1.1:+VERS-TLS1.0:%PROFILE_MEDIUM";
    case TLS_VERSION_1_1: return "-VERS-TLS1.0:+VERS-TLS1.1:%PROFILE_MEDIUM";
    case TLS_VERSION_1_3: return "-VERS-TLS1.2:-VERS-TLS1.1:-VERS-TLS1.0:-RSA:%PROFILE_MEDIUM";
    case TLS_VERSION_1_2: break;
    }
    return "-VERS-TLS1.1:-VERS-TLS1.0:-RSA:%PROFILE_MEDIUM";
}

static int set_priority(struct tls *t, struct err *e)
{
    const char *own = t->opts->tls_priority;
    const char *wrong = NULL;
    int done = own ? gnutls.priority_set_direct(t->session, own, &wrong)
                   : gnutls.set_default_priority_append(t->session, demands_for(t->opts->tls_min),
                                                        &wrong, 0);
    if (done >= 0)
        return 0;
    if (!own)
        return tls_failed(done, "priorities", e);
    err_set(e, ERR_CONFIG, "tls_priority: GnuTLS does not understand \"%s\"", wrong ? wrong : own);
    err_hint(e, "test it with: gnutls-cli --list --priority '%s'", own);
    return -1;
}

/* RFC 6066 section 3: no addresses. */
static int set_server_name(struct tls *t, struct err *e)
{
    const char *name = t->trust.name;
    if (t->trust.is_literal)
        return 0;
    int done = gnutls.server_name_set(t->session, GNUTLS_NAME_DNS, name, strlen(name));
    return done < 0 ? err_set(e, ERR_CONFIG, "\"%s\" is no host name for TLS", name) : 0;
}

static int check_certificate(gnutls_session_t session)
{
    struct tls *t = gnutls.session_get_ptr(session);
    return trust_check(&t->trust, session, t->credentials, &t->refusal) < 0
               ? GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR
               : 0;
}

static int start(struct tls *t, struct err *e)
{
    int done = gnutls.certificate_allocate_credentials(&t->credentials);
    if (done >= 0)
        done = gnutls.init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (done >= 0)
        done = gnutls.credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials);
    if (done < 0)
        return tls_failed(done, "start", e);
    gnutls.session_set_ptr(t->session, t);
    gnutls.transport_set_ptr(t->session, t);
    gnutls.transport_set_vec_push_function(t->session, hold);
    gnutls.transport_set_pull_function(t->session, pull);
    gnutls.certificate_set_verify_function(t->credentials, check_certificate);
    return 0;
}

int tls_new(int fd, const struct net_opts *opts, const char *host, bool is_literal,
            struct tls **ret, struct err *e)
{
    static const struct layer_ops ops = {
        tls_read, tls_write, tls_push, tls_has_input, tls_held, tls_bye, tls_free,
    };
    if (gnutls_open("TLS", e) < 0)
        return -1;
    struct tls *t = mem_new(1, sizeof *t);
    *t = (struct tls){ .layer = { &ops, fd }, .transport = { .fd = fd }, .opts = opts };
    if (trust_init(&t->trust, opts, host, is_literal, e) < 0 || start(t, e) < 0 ||
        set_priority(t, e) < 0 || identity_load(&t->identity, opts, t->credentials, e) < 0 ||
        set_server_name(t, e) < 0) {
        tls_free(&t->layer);
        return -1;
    }
    *ret = t;
    return 0;
}

/* RFC 8446 appendix C.4: a ticket is used once. */
void tls_remember(struct tls *t, struct tls_memory *memory)
{
    struct span session = buf_span(&memory->session);
    if (!tls_memory_allowed(t->opts))
        return;
    t->memory = memory;
    if (session.len && gnutls.session_set_data(t->session, session.at, session.len) >= 0)
        memory->offered = true;
    tls_memory_forget(memory);
}

/* The handshake. */

static int answered_in_clear(const struct tls *t, struct err *e)
{
    struct span words = buf_span(&t->transport.clear);
    err_set(e, ERR_TLS, "the server answered in clear text: \"%.*s\"", SPAN_ARGS(words));
    if (stranger_hint(words, e) || t->opts->tls == TLS_MODE_STARTTLS)
        return -1;
    if (span_starts(words, "220"))
        err_hint(e, "this port begins in clear text: set tls = starttls");
    else
        err_hint(e, "ports 587 and 25 want tls = starttls");
    return -1;
}

static int explain(struct tls *t, int code, struct err *e)
{
    if (t->refusal.kind) {
        err_move(e, &t->refusal);
        return -1;
    }
    if (t->transport.clear.len)
        return answered_in_clear(t, e);
    if (code == GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
        return too_old(e);
    broken(t, code, e);
    if (code != GNUTLS_E_FATAL_ALERT_RECEIVED)
        err_context(e, "TLS handshake");
    return -1;
}

/* So that the server's log names the reason too. */
static void send_alert(struct tls *t, int code)
{
    ERR ignored = { 0 };
    if (t->transport.lost || t->transport.clear.len || code == GNUTLS_E_FATAL_ALERT_RECEIVED ||
        code == GNUTLS_E_PREMATURE_TERMINATION)
        return;
    gnutls.alert_send_appropriate(t->session, code);
    if (transport_push(&t->transport, &ignored) < 0)
        return;
}

int tls_handshake(struct tls *t, struct err *e)
{
    int done;
    do
        done = gnutls.handshake(t->session);
    while (done < 0 && done != GNUTLS_E_AGAIN && !gnutls.error_is_fatal(done));
    if (done == GNUTLS_E_AGAIN)
        return LAYER_AGAIN;
    if (done >= 0 && gnutls.session_is_resumed(t->session))
        done = check_certificate(t->session);
    if (done < 0) {
        explain(t, done, e);
        send_alert(t, done);
        return LAYER_FAILED;
    }
    if (!t->trust.checked)
        return err_set(e, ERR_CERTIFICATE, "the server sent no certificate");
    t->established = true;
    return 0;
}

/* Afterwards. */

/* "(TLS1.3)-(ECDHE-X25519)-(AES-256-GCM)" becomes "ECDHE-X25519 AES-256-GCM". */
static void describe_cipher(struct tls *t)
{
    char *text = gnutls.session_get_desc(t->session);
    struct span rest = span_of(text);
    struct span part;
    bool first = true;
    while (span_next(&rest, '(', &part)) {
        const char *close = part.len ? memchr(part.at, ')', part.len) : NULL;
        if (!close)
            continue;
        if (!first) {
            if (t->cipher.len)
                buf_add_char(&t->cipher, ' ');
            buf_add(&t->cipher, part.at, (size_t)(close - part.at));
        }
        first = false;
    }
    (*gnutls.free)(text);
}

const struct tls_facts *tls_facts(struct tls *t)
{
    struct tls_facts *facts = &t->facts;
    if (facts->version)
        return facts;
    describe_cipher(t);
    if (t->trust.leaf) {
        names_add(&t->peer, t->trust.leaf);
        facts->expires = gnutls.x509_crt_get_expiration_time(t->trust.leaf);
    }
    facts->version = gnutls.protocol_get_name(gnutls.protocol_get_version(t->session));
    facts->cipher = buf_string(&t->cipher);
    facts->peer = buf_string(&t->peer);
    facts->verified = t->trust.verified;
    facts->resumed = gnutls.session_is_resumed(t->session);
    facts->certificate_sent = gnutls.certificate_client_get_request_status(t->session) &&
                              gnutls.certificate_get_ours(t->session);
    return facts;
}

bool tls_binding(struct tls *t, const char **type, struct buf *to)
{
    bool v13 = gnutls.protocol_get_version(t->session) == GNUTLS_TLS1_3;
    bool ems = gnutls.session_get_flags(t->session) & GNUTLS_SFLAGS_EXT_MASTER_SECRET;
    gnutls_datum_t octets = { NULL, 0 };
    if (!v13 && !ems)
        return false;
    if (gnutls.session_channel_binding(
            t->session, v13 ? GNUTLS_CB_TLS_EXPORTER : GNUTLS_CB_TLS_UNIQUE, &octets) < 0)
        return false;
    buf_add(to, octets.data, octets.size);
    (*gnutls.free)(octets.data);
    *type = v13 ? "tls-exporter" : "tls-unique";
    return true;
}
