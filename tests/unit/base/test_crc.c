#include "base/crc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The examples of RFC 3720 appendix B.4, and the customary one. */
static void test_known_sums(void **state)
{
    (void)state;
    unsigned char octets[32] = { 0 };
    assert_int_equal(crc32c(0, "", 0), 0);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, octets, 32), 0x8a9136aa);
    memset(octets, 0xff, 32);
    assert_int_equal(crc32c(0, octets, 32), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        octets[i] = (unsigned char)i;
    assert_int_equal(crc32c(0, octets, 32), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        octets[i] = (unsigned char)(31 - i);
    assert_int_equal(crc32c(0, octets, 32), 0x113fdb5c);
}

/* The definition, bit by bit. */
static uint32_t slow(const unsigned char *at, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    return ~crc;
}

static void test_any_length_in_any_pieces(void **state)
{
    (void)state;
    unsigned char octets[300];
    for (unsigned i = 0; i < sizeof octets; i++)
        octets[i] = (unsigned char)(i * i * 31 + i / 7);
    for (size_t len = 0; len <= sizeof octets; len++)
        assert_int_equal(crc32c(0, octets, len), slow(octets, len));
    for (size_t cut = 0; cut <= sizeof octets; cut++) {
        uint32_t first = crc32c(0, octets, cut);
        assert_int_equal(crc32c(first, octets + cut, sizeof octets - cut),
                         slow(octets, sizeof octets));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_sums),
        cmocka_unit_test(test_any_length_in_any_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
