/* Names in certificates come out as bounded, printable UTF-8, whatever a server puts there.
 *
 * The input is lines: the common name, then alternative host names. A line of 4 or 16 octets is an
 * address too. Input that begins as DER does is a certificate itself. */
#include "fuzz.h"

#include "base/utf8.h"
#include "net/names.h"
#include "net/pin.h"

#include <string.h>

enum { MOST = 16 * 1024 };

/* DER (X.690) from the inside out: tag, length, content. */
static void der(struct buf *to, int tag, const struct buf *content)
{
    buf_add_char(to, (char)tag);
    if (content->len > 0xffff)
        buf_addf(to, "\203%c", (int)(content->len >> 16));
    else if (content->len > 0xff)
        buf_add_char(to, '\202');
    else if (content->len > 0x7f)
        buf_add_char(to, '\201');
    if (content->len > 0xff)
        buf_add_char(to, (char)(content->len >> 8));
    buf_add_char(to, (char)content->len);
    buf_add_span(to, buf_span(content));
}

static void der_wrap(struct buf *b, int tag)
{
    BUF inner = *b;
    *b = (struct buf){ 0 };
    der(b, tag, &inner);
}

/* Name ::= SEQUENCE { SET { SEQUENCE { commonName, UTF8String } } } */
static void add_name(struct buf *to, struct span text)
{
    BUF name = { 0 };
    BUF value = { 0 };
    buf_add_span(&value, text);
    buf_add(&name, "\006\003\125\004\003", 5);
    der(&name, 0x0c, &value);
    der_wrap(&name, 0x30);
    der_wrap(&name, 0x31);
    der(to, 0x30, &name);
}

static void add_alternative(struct buf *names, struct span text)
{
    BUF value = { 0 };
    buf_add_span(&value, text);
    der(names, 0x82, &value);
    if (text.len == 4 || text.len == 16)
        der(names, 0x87, &value);
}

static void add_extensions(struct buf *to, struct span lines)
{
    BUF names = { 0 };
    BUF extension = { 0 };
    struct span line;
    while (span_next(&lines, '\n', &line))
        add_alternative(&names, line);
    der_wrap(&names, 0x30);
    buf_add(&extension, "\006\003\125\035\021", 5);
    der(&extension, 0x04, &names);
    der_wrap(&extension, 0x30);
    der_wrap(&extension, 0x30);
    der(to, 0xa3, &extension);
}

#define ECDSA_WITH_SHA256 "\060\012\006\010\052\206\110\316\075\004\003\002"
#define P256_KEY                                                           \
    "\060\071\060\023\006\007\052\206\110\316\075\002\001\006\010\052\206" \
    "\110\316\075\003\001\007\003\042\000\002"
#define DATES "\060\036\027\015260101000000Z\027\015270101000000Z"

static void make_certificate(struct buf *to, struct span lines)
{
    struct span subject;
    static const char point[32] = "any octets will do for this one";
    span_next(&lines, '\n', &subject);
    buf_add(to, "\240\003\002\001\002\002\001\001", 8);
    buf_add_span(to, SPAN(ECDSA_WITH_SHA256));
    add_name(to, subject);
    buf_add_span(to, SPAN(DATES));
    add_name(to, subject);
    buf_add_span(to, SPAN(P256_KEY));
    buf_add(to, point, sizeof point);
    if (lines.at)
        add_extensions(to, lines);
    der_wrap(to, 0x30);
    buf_add_span(to, SPAN(ECDSA_WITH_SHA256));
    buf_add(to, "\003\001\000", 3);
    der_wrap(to, 0x30);
}

static void check_text(const struct buf *text, size_t most)
{
    FUZZ_CHECK(text->len <= most);
    FUZZ_CHECK(utf8_is_valid(buf_span(text)));
    for (size_t i = 0; i < text->len; i++)
        FUZZ_CHECK(!ascii_is_control(text->at[i]));
}

static void check_certificate(gnutls_x509_crt_t certificate)
{
    BUF names = { 0 };
    BUF subject = { 0 };
    BUF issuer = { 0 };
    BUF pin = { 0 };
    names_add(&names, certificate);
    names_add_subject(&subject, certificate);
    names_add_issuer(&issuer, certificate);
    pin_add_key(&pin, certificate);
    check_text(&names, MOST);
    check_text(&subject, MOST);
    check_text(&issuer, MOST);
    check_text(&pin, 5 + 64);
}

/* GnuTLS takes whatever has a subject and no line without octets. */
static bool must_be_taken(struct span input)
{
    return input.len && !span_has(input, '\0') && input.at[0] != '0' && input.at[0] != '\n' &&
           input.at[input.len - 1] != '\n' && !memmem(input.at, input.len, "\n\n", 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { (const char *)data, size };
    BUF made = { 0 };
    ERR e = { 0 };
    gnutls_x509_crt_t certificate;
    if (size > MOST)
        return 0;
    FUZZ_CHECK(gnutls_open("the target", &e) == 0);
    if (size && data[0] == 0x30)
        buf_add_span(&made, input);
    else
        make_certificate(&made, size ? input : SPAN(""));
    gnutls_datum_t der_octets = { (unsigned char *)made.at, (unsigned)made.len };
    FUZZ_CHECK(gnutls_x509_crt_init(&certificate) == 0);
    if (gnutls_x509_crt_import(certificate, &der_octets, GNUTLS_X509_FMT_DER) == 0)
        check_certificate(certificate);
    else
        FUZZ_CHECK(!must_be_taken(input));
    gnutls_x509_crt_deinit(certificate);
    return 0;
}
