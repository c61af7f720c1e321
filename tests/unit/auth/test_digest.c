#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/digest.h"

static void is_hex(const struct buf *octets, const char *hex)
{
    BUF text = { 0 };
    for (size_t i = 0; i < octets->len; i++)
        buf_addf(&text, "%02x", (unsigned char)octets->at[i]);
    assert_string_equal(buf_string(&text), hex);
}

/* RFC 1321, RFC 3174, and FIPS 180's "abc". */
static void hashes_are_those_of_their_standards(void **state)
{
    static const char *const hex[] = {
        [DIGEST_MD5] = "900150983cd24fb0d6963f7d28e17f72",
        [DIGEST_SHA_1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
        [DIGEST_SHA_256] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };
    (void)state;
    for (int i = DIGEST_MD5; i <= DIGEST_SHA_256; i++) {
        ERR e = { 0 };
        BUF hash = { 0 };
        assert_int_equal(digest_hash((enum digest)i, SPAN("abc"), &hash, &e), 0);
        is_hex(&hash, hex[i]);
    }
}

/* RFC 2202 and RFC 4231, second test case. */
static void keyed_hashes_are_those_of_the_rfcs(void **state)
{
    static const char *const hex[] = {
        [DIGEST_MD5] = "750c783e6ab0b503eaa86e310a5db738",
        [DIGEST_SHA_1] = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        [DIGEST_SHA_256] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    };
    (void)state;
    for (int i = DIGEST_MD5; i <= DIGEST_SHA_256; i++) {
        ERR e = { 0 };
        BUF hash = { 0 };
        struct span text = SPAN("what do ya want for nothing?");
        assert_int_equal(digest_hmac((enum digest)i, SPAN("Jefe"), text, &hash, &e), 0);
        is_hex(&hash, hex[i]);
    }
}

/* RFC 6070, third test case. */
static void passwords_are_stretched_as_the_rfc_says(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF key = { 0 };
    struct digest_salt salt = { SPAN("salt"), 4096 };
    assert_int_equal(digest_stretch(DIGEST_SHA_1, SPAN("password"), salt, &key, &e), 0);
    is_hex(&key, "4b007901b765489abead49d926f721d065a429c1");
}

static void random_octets_differ(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF one = { 0 };
    BUF two = { 0 };
    assert_int_equal(digest_random(18, &one, &e), 0);
    assert_int_equal(digest_random(18, &two, &e), 0);
    assert_int_equal(one.len, 18);
    assert_false(digest_equal(buf_span(&one), buf_span(&two)));
    assert_true(digest_equal(buf_span(&one), buf_span(&one)));
    assert_false(digest_equal(SPAN("a"), SPAN("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_their_standards),
        cmocka_unit_test(keyed_hashes_are_those_of_the_rfcs),
        cmocka_unit_test(passwords_are_stretched_as_the_rfc_says),
        cmocka_unit_test(random_octets_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
