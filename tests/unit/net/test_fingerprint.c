#include "net/fingerprint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#define HEX64 "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"
#define COLONS                                                                                   \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:" \
    "11:00"
#define BASE64 "ABEiM0RVZneImaq7zN3u///u3cy7qpmId2ZVRDMiEQA="

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        enum pin_of plain;
        int of; /* -1: refused */
    } rows[] = {
        { "sha256:" HEX64, PIN_KEY, PIN_KEY },
        { "sha256:" HEX64, PIN_CERTIFICATE, PIN_CERTIFICATE },
        { "SHA256:" COLONS, PIN_CERTIFICATE, PIN_CERTIFICATE },
        { "spki:" HEX64, PIN_CERTIFICATE, PIN_KEY },
        { "spki:" BASE64, PIN_CERTIFICATE, PIN_KEY },
        { "sha256//" BASE64, PIN_KEY, PIN_KEY },
        { "", PIN_KEY, -1 },
        { "sha256:", PIN_KEY, -1 },
        { HEX64, PIN_KEY, -1 },
        { "sha1:00112233445566778899aabbccddeeff00112233", PIN_KEY, -1 },
        { "sha256:" HEX64 "0", PIN_KEY, -1 },
        { "sha256:" HEX64 "00", PIN_KEY, -1 },
        { "sha256:" HEX64 ":", PIN_KEY, -1 },
        { "sha256:0" HEX64, PIN_KEY, -1 },
        { "sha256:00112233", PIN_KEY, -1 },
        { "sha256: " HEX64, PIN_KEY, -1 },
        { "sha256//AAAA", PIN_KEY, -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pin pin = { 0 };
        int done = fingerprint_parse(span_of(rows[i].text), rows[i].plain, &pin);
        if ((done < 0) != (rows[i].of < 0))
            fail_msg("\"%s\"", rows[i].text);
        if (done < 0)
            continue;
        assert_int_equal(pin.of, rows[i].of);
        assert_memory_equal(pin.digest, "\x00\x11\x22\x33\x44\x55\x66\x77", 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
