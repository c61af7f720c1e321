#include "smtp/caps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned set;
        uint64_t size;
        unsigned mechs;
    } rows[] = {
        { "", 0, 0, 0 },
        { "STARTTLS", 0, 0, 0 }, /* the greeting line offers nothing */
        { "x\nSTARTTLS\npipelining\n8BitMime", CAP_STARTTLS | CAP_PIPELINING | CAP_8BITMIME, 0, 0 },
        { "x\nSIZE 1000", CAP_SIZE, 1000, 0 },
        { "x\nSIZE", CAP_SIZE, 0, 0 },
        { "x\nSIZE 99999999999999999999999", CAP_SIZE, 0, 0 },
        { "x\nSIZE -1", CAP_SIZE, 0, 0 },
        { "x\nAUTH PLAIN LOGIN", CAP_AUTH, 0, MECH_PLAIN | MECH_LOGIN },
        { "x\nAUTH=PLAIN", CAP_AUTH, 0, MECH_PLAIN },
        { "x\nAUTH LOGIN\nAUTH=PLAIN scram-sha-256", CAP_AUTH, 0,
          MECH_PLAIN | MECH_LOGIN | MECH_SCRAM_SHA_256 },
        { "x\nAUTH XOAUTH2 DIGEST-MD5", CAP_AUTH, 0, MECH_XOAUTH2 },
        { "x\nAUTH DIGEST-MD5", CAP_AUTH, 0, 0 },
        { "x\nSTARTTLSX\nSIZES 5\n\n \n", 0, 0, 0 },
        { "x\nLIMITS RCPTMAX=7 MAILMAX=x foo", CAP_LIMITS, 0, 0 },
        { "x\nDSN\nCHUNKING\nSMTPUTF8\nENHANCEDSTATUSCODES",
          CAP_DSN | CAP_CHUNKING | CAP_SMTPUTF8 | CAP_ENHANCED, 0, 0 },
    };
    struct caps caps = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        caps_parse(span_of(rows[i].text), &caps);
        assert_int_equal(caps.set, rows[i].set);
        assert_int_equal(caps.size, rows[i].size);
        assert_int_equal(caps.mechs, rows[i].mechs);
    }
    caps_parse(SPAN("x\nLIMITS RCPTMAX=7 MAILMAX=3 RCPTDOMAINMAX=2"), &caps);
    assert_int_equal(caps.rcpt_max, 7);
    assert_int_equal(caps.mail_max, 3);
    assert_int_equal(caps.rcpt_domain_max, 2);
    caps_parse(SPAN("x\nAUTH A B\nAUTH=C"), &caps);
    assert_string_equal(buf_string(&caps.words), "A B C");
    caps_done(&caps);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
