#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "certs.h"
#include "net/pin.h"

#include <string.h>

#define HEX64 "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"

static void test_parse(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct strlist texts = { 0 };
    struct pins pins = { 0 };
    (void)state;
    strlist_add(&a, &texts, "sha256:" HEX64);
    strlist_add(&a, &texts, "spki:" HEX64);
    assert_int_equal(pins_parse(&a, "tls_pin", &texts, PIN_CERTIFICATE, &pins, &e), 0);
    assert_int_equal(pins.n, 2);
    assert_int_equal(pins.items[0].of, PIN_CERTIFICATE);
    assert_int_equal(pins.items[1].of, PIN_KEY);
    strlist_add(&a, &texts, "sha1:0");
    pins.n = 0;
    assert_int_equal(pins_parse(&a, "tls_pin", &texts, PIN_KEY, &pins, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(e.text, "tls_pin: \"sha1:0\" is no SHA-256 fingerprint");
    assert_int_equal(pins.n, 0);
}

static void test_match(void **state)
{
    static const struct cert_plan plan = { .subject = "a", .hosts = { "a.example" } };
    struct cert own = cert_make(&plan, NULL);
    struct cert other = cert_make(&plan, NULL);
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF key = { 0 };
    struct strlist texts = { 0 };
    struct pins pins = { 0 };
    (void)state;
    pin_add_key(&key, own.crt);
    assert_true(span_starts(buf_span(&key), "spki:"));
    assert_int_equal(key.len, 5 + 64);
    strlist_add(&a, &texts, "spki:" HEX64);
    assert_int_equal(pins_parse(&a, "tls_pin", &texts, PIN_KEY, &pins, &e), 0);
    assert_false(pins_match(&pins, own.crt));
    strlist_add(&a, &texts, buf_string(&key));
    assert_int_equal(pins_parse(&a, "tls_pin", &texts, PIN_KEY, &pins, &e), 0);
    assert_true(pins_match(&pins, own.crt));
    assert_false(pins_match(&pins, other.crt));
    cert_free(&own);
    cert_free(&other);
}

static void test_match_certificate(void **state)
{
    static const struct cert_plan plan = { .subject = "a", .hosts = { "a.example" } };
    struct cert own = cert_make(&plan, NULL);
    unsigned char digest[32];
    size_t size = sizeof digest;
    (void)state;
    assert_int_equal(gnutls_x509_crt_get_fingerprint(own.crt, GNUTLS_DIG_SHA256, digest, &size), 0);
    struct pin pin = { .of = PIN_CERTIFICATE };
    struct pins pins = { &pin, 1 };
    memcpy(pin.digest, digest, sizeof digest);
    assert_true(pins_match(&pins, own.crt));
    pin.of = PIN_KEY;
    assert_false(pins_match(&pins, own.crt));
    pin.of = PIN_CERTIFICATE;
    pin.digest[31] ^= 1;
    assert_false(pins_match(&pins, own.crt));
    cert_free(&own);
}

static void test_none(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct strlist texts = { 0 };
    struct pins pins = { 0 };
    (void)state;
    assert_int_equal(pins_parse(&a, "tls_pin", &texts, PIN_KEY, &pins, &e), 0);
    assert_int_equal(pins.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_match_certificate),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
