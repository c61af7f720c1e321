#include "config/rules.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#define HEX64 "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define COLONS                                                                       \
    "01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:45:67:89:ab:cd:ef:01:23:" \
    "45:67:89:ab:cd:ef"
#define BASE64 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

typedef int check(struct arena *a, const char *value, struct err *e);

static void test_checks(void **state)
{
    static const struct {
        check *check;
        const char *value;
        bool good;
    } rows[] = {
        { check_host, "smtp.example.com", true },
        { check_host, "smtp.example.com:25", true },
        { check_host, "/run/postbag/submit", true },
        { check_host, "[2001:db8::1]:25", true },
        { check_host, "srv:example.com", true },
        { check_host, "srv:example.com:25", false },
        { check_host, "smtp.example.com:smtp", false },
        { check_host, "smtp://example.com", false },
        { check_ehlo, "mail.example.com", true },
        { check_ehlo, "host", true },
        { check_ehlo, "[192.0.2.1]", true },
        { check_ehlo, "[IPv6:2001:db8::1]", true },
        { check_ehlo, "a b", false },
        { check_ehlo, "a:b", false },
        { check_ehlo, "[", false },
        { check_ehlo, "]", false },
        { check_ehlo, "[a", false },
        { check_ehlo, "b\xc3\xbc.example", false },
        { check_ip, "192.0.2.1", true },
        { check_ip, "2001:db8::1", true },
        { check_ip, "example.com", false },
        { check_ip, "192.0.2", false },
        { check_pin, "sha256:" HEX64, true },
        { check_pin, "sha256:" COLONS, true },
        { check_pin, "spki:" HEX64, true },
        { check_pin, "sha256//" BASE64, true },
        { check_pin, "sha256:" HEX64 "0", false },
        { check_pin, "sha256:", false },
        { check_pin, HEX64, false },
        { check_pin, "sha1:" HEX64, false },
        { check_pin, "sha256//AAAA", false },
        { check_mechanism, "auto", true },
        { check_mechanism, "Off", true },
        { check_mechanism, "scram-sha-256", true },
        { check_mechanism, "PLAIN", true },
        { check_mechanism, "cram-md5", true },
        { check_mechanism, "XOAUTH2", true },
        { check_mechanism, "DIGEST-MD5", false },
        { check_auth_min, "scram", true },
        { check_auth_min, "scram-plus", true },
        { check_auth_min, "plain", false },
        { check_address, "you@example.com", true },
        { check_address,
          "you@b\xc3\xbc"
          "cher.example",
          true },
        { check_address, "you", false },
        { check_address, "<you@example.com>", false },
        { check_address, "You <you@example.com>", false },
        { check_address, "you@example.com, me@example.com", false },
        { check_address, "you@ex ample.com", false },
        { check_domain, "example.com", true },
        { check_domain, "localdomain", true },
        { check_domain,
          "b\xc3\xbc"
          "cher.example",
          true },
        { check_domain, "@example.com", false },
        { check_domain, "exa mple.com", false },
        { check_domain, "[192.0.2.1]", false },
        { check_domain, "a,x@b", false },
        { check_domain, "a(b)", false },
        { check_tls_name, "example.com.", true },
        { check_tls_name, "münchen.example", true },
        { check_tls_name, "192.0.2.1", true },
        { check_tls_name, "2001:db8::1", true },
        { check_tls_name, "[2001:db8::1]", false },
        { check_tls_name, "exa mple.com", false },
        { check_pattern, "*@example.com", true },
        { check_pattern, "example.com", true },
        { check_pattern, "[ab]*@example.com", true },
        { check_pattern, "*@", false },
        { check_pattern, "a@b@c", false },
        { check_pattern, "[ab*@example.com", false },
        { check_account_name, "you@example.com", true },
        { check_account_name, "a.b_c-1", true },
        { check_account_name, "a b", false },
        { check_account_name, "a/b", false },
        { check_account_name, "\xc3\xbc", false },
        { check_notify, "failure,delay", true },
        { check_notify, " NEVER ", true },
        { check_notify, "failure never", false },
        { check_bounce, "sender", true },
        { check_bounce, "none", true },
        { check_bounce, "ops@example.com", true },
        { check_bounce, "Sender", false },
        { check_bounce, "nobody", false },
        { check_bounce, "Ops <ops@example.com>", false },
        { check_proxy, "socks5://p", true },
        { check_proxy, "p:1080", false },
        { check_credential, "mail.password", true },
        { check_credential, "a/b", false },
        { check_credential, "..", false },
        { check_variable, "SMTP_PASSWORD2", true },
        { check_variable, "_x", true },
        { check_variable, "2X", false },
        { check_variable, "A-B", false },
        { check_facility, "mail", true },
        { check_facility, "local0", true },
        { check_facility, "off", true },
        { check_facility, "post", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        int done = rows[i].check(&a, rows[i].value, &e);
        if ((done == 0) != rows[i].good || (done < 0 && e.kind != ERR_CONFIG))
            fail_msg("row %zu, %s: %s", i, rows[i].value, e.text);
    }
}

/* A URL where a host belongs: what to write, and never its password. */
static void test_urls(void **state)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        { "smtp://mail.example.org", "\"host = mail.example.org:587\"" },
        { "smtps://mail.example.org", "\"host = mail.example.org\"" },
        { "SMTP://me:secret@mail.example.org:25/", "\"host = mail.example.org:25\"" },
        { "smtps://me%40x:se@cret@[2001:db8::1]:465?a=b", "\"host = [2001:db8::1]:465\"" },
        { "https://mail.example.org/webmail", "\"host = mail.example.org\"" },
        { "smtp:///", "\"host = smtp.example.com\"" },
        { "smtp://a b:secret", "\"host = smtp.example.com\"" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        assert_int_equal(check_host(&a, rows[i].value, &e), -1);
        if (!strstr(e.text, rows[i].want) || strstr(e.text, "cret"))
            fail_msg("%s: %s", rows[i].value, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
