#include "net/names.h"

#include "base/utf8.h"

#include <arpa/inet.h>

enum {
    NAMES_SHOWN = 12,
    NAMES_SEEN = 200,      /* alternative names looked at */
    NAME_SHOWN_SIZE = 256, /* octets of one name or distinguished name */
};

static void add_text(struct buf *to, struct span text)
{
    bool cut = text.len > NAME_SHOWN_SIZE;
    utf8_add_printable(to, (struct span){ text.at, cut ? NAME_SHOWN_SIZE : text.len }, "\\n");
    if (cut)
        buf_add_string(to, "…");
}

static void add_address(struct buf *to, struct span octets)
{
    char text[INET6_ADDRSTRLEN];
    int family = octets.len == 4 ? AF_INET : AF_INET6;
    if ((octets.len == 4 || octets.len == 16) && inet_ntop(family, octets.at, text, sizeof text))
        buf_add_string(to, text);
    else
        buf_add_string(to, "?");
}

/* Reads alternative name `i` into `name`: its type, or GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE
 * behind the last one, or another negative number. */
static int read_name(gnutls_x509_crt_t certificate, unsigned i, struct buf *name)
{
    size_t size = 0;
    buf_clear(name);
    int type = gnutls.x509_crt_get_subject_alt_name(certificate, i, NULL, &size, NULL);
    if (type != GNUTLS_E_SHORT_MEMORY_BUFFER)
        return type;
    type = gnutls.x509_crt_get_subject_alt_name(certificate, i, buf_room(name, size), &size, NULL);
    if (type >= 0)
        buf_grew(name, size);
    return type;
}

static bool names_host(int type)
{
    return type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS;
}

void names_add(struct buf *to, gnutls_x509_crt_t certificate)
{
    BUF name = { 0 };
    int type = 0;
    int shown = 0;
    for (unsigned i = 0; i < NAMES_SEEN; i++) {
        type = read_name(certificate, i, &name);
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return;
        if (!names_host(type))
            continue;
        if (shown++)
            buf_add_string(to, ", ");
        if (shown > NAMES_SHOWN) {
            buf_add_string(to, "…");
            return;
        }
        if (type == GNUTLS_SAN_DNSNAME)
            add_text(to, buf_span(&name));
        else
            add_address(to, buf_span(&name));
    }
}

bool names_has_host(gnutls_x509_crt_t certificate)
{
    BUF name = { 0 };
    int type = 0;
    for (unsigned i = 0; i < NAMES_SEEN; i++) {
        type = read_name(certificate, i, &name);
        if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            break;
    }
    return type == GNUTLS_SAN_DNSNAME;
}

static void add_distinguished(struct buf *to, gnutls_datum_t *text)
{
    add_text(to, (struct span){ (const char *)text->data, text->size });
    (*gnutls.free)(text->data);
}

void names_add_subject(struct buf *to, gnutls_x509_crt_t certificate)
{
    gnutls_datum_t text = { NULL, 0 };
    if (gnutls.x509_crt_get_dn3(certificate, &text, 0) >= 0)
        add_distinguished(to, &text);
}

void names_add_issuer(struct buf *to, gnutls_x509_crt_t certificate)
{
    gnutls_datum_t text = { NULL, 0 };
    if (gnutls.x509_crt_get_issuer_dn3(certificate, &text, 0) >= 0)
        add_distinguished(to, &text);
}

void names_add_time(struct buf *to, time_t when)
{
    char text[64];
    struct tm tm;
    if (gmtime_r(&when, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &tm))
        buf_add_string(to, text);
    else
        buf_add_string(to, "an unknown time");
}
