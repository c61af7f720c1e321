#include "peer.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 30000 };

bool wire_open(struct peer *p, int fd)
{
    int status;
    p->have = 0;
    gnutls_init(&p->session, GNUTLS_SERVER);
    if (gnutls_priority_set_direct(p->session, p->priority ? p->priority : "NORMAL", NULL) < 0)
        return false;
    gnutls_credentials_set(p->session, GNUTLS_CRD_CERTIFICATE, p->credentials);
    if (p->ca)
        gnutls_certificate_server_set_request(p->session, GNUTLS_CERT_REQUEST);
    gnutls_transport_set_int(p->session, fd);
    gnutls_handshake_set_timeout(p->session, PATIENCE_MS);
    gnutls_record_set_timeout(p->session, PATIENCE_MS);
    do
        status = gnutls_handshake(p->session);
    while (status < 0 && !gnutls_error_is_fatal(status));
    gnutls_protocol_t version = gnutls_protocol_get_version(p->session);
    bool ems = gnutls_session_get_flags(p->session) & GNUTLS_SFLAGS_EXT_MASTER_SECRET;
    if (status == 0)
        printf("tls %s%s\n", gnutls_protocol_get_name(version),
               ems && version < GNUTLS_TLS1_3 ? " ems" : "");
    return status == 0;
}

void wire_close(struct peer *p)
{
    gnutls_bye(p->session, GNUTLS_SHUT_WR);
    gnutls_deinit(p->session);
    p->session = NULL;
}

static bool wire_send(struct peer *p, const char *octets, size_t len)
{
    while (len > 0) {
        ssize_t n = gnutls_record_send(p->session, octets, len);
        if (n < 0 && gnutls_error_is_fatal((int)n))
            return false;
        if (n > 0) {
            octets += n;
            len -= (size_t)n;
        }
    }
    return true;
}

bool wire_put(struct peer *p, const char *line)
{
    gnutls_record_cork(p->session);
    bool sent = wire_send(p, line, strlen(line)) && wire_send(p, "\r\n", 2);
    return gnutls_record_uncork(p->session, GNUTLS_RECORD_WAIT) >= 0 && sent;
}

bool wire_get(struct peer *p, char *line, size_t max)
{
    for (;;) {
        const char *end = memmem(p->input, p->have, "\r\n", 2);
        size_t len = end ? (size_t)(end - p->input) : 0;
        if (end && len >= max)
            return false;
        if (end) {
            memcpy(line, p->input, len);
            line[len] = '\0';
            p->have -= (unsigned)len + 2;
            memmove(p->input, end + 2, p->have);
            return true;
        }
        ssize_t n = gnutls_record_recv(p->session, p->input + p->have, sizeof p->input - p->have);
        if (n == 0 || (n < 0 && (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_TIMEDOUT)))
            return false;
        p->have += n > 0 ? (unsigned)n : 0;
    }
}
