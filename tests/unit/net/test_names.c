#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certs.h"
#include "net/names.h"

#include <stdio.h>
#include <string.h>

static void test_names(void **state)
{
    static const struct {
        struct cert_plan plan;
        const char *names;
        const char *subject;
        bool has_host;
    } rows[] = {
        { { .subject = "cn.example" }, "", "CN=cn.example", false },
        { { .subject = "x", .hosts = { "a.example" } }, "a.example", "CN=x", true },
        { { .subject = "x", .hosts = { "a.example", "*.b.example" } },
          "a.example, *.b.example",
          "CN=x",
          true },
        { { .subject = "x", .address = "192.0.2.1" }, "192.0.2.1", "CN=x", false },
        { { .subject = "x", .hosts = { "a.example" }, .address = "2001:db8::1" },
          "a.example, 2001:db8::1",
          "CN=x",
          true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF names = { 0 };
        BUF subject = { 0 };
        BUF issuer = { 0 };
        struct cert c = cert_make(&rows[i].plan, NULL);
        names_add(&names, c.crt);
        names_add_subject(&subject, c.crt);
        names_add_issuer(&issuer, c.crt);
        assert_string_equal(buf_string(&names), rows[i].names);
        assert_string_equal(buf_string(&subject), rows[i].subject);
        assert_string_equal(buf_string(&issuer), rows[i].subject);
        assert_int_equal(names_has_host(c.crt), rows[i].has_host);
        cert_free(&c);
    }
}

static void test_many_and_long(void **state)
{
    static char names[20][1001];
    struct cert_plan plan = { .subject = "x" };
    BUF text = { 0 };
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "h%d", i);
        plan.hosts[i] = names[i];
    }
    memset(names[0], 'a', 1000);
    struct cert c = cert_make(&plan, NULL);
    names_add(&text, c.crt);
    assert_true(text.len < 400);
    assert_non_null(strstr(buf_string(&text), "a…, h1, h2, "));
    assert_non_null(strstr(buf_string(&text), ", h11, …"));
    assert_null(strstr(buf_string(&text), "h12"));
    cert_free(&c);
}

/* What no honest authority signs: octets of the names changed afterwards. */
static void test_hostile(void **state)
{
    static const struct cert_plan plan = { .subject = "HOSTILE", .hosts = { "HOSTILE" } };
    static const char worse[] = "\033[2J\r\n\377";
    BUF names = { 0 };
    BUF subject = { 0 };
    gnutls_datum_t der;
    unsigned char *at;
    struct cert c = cert_make(&plan, NULL);
    (void)state;
    assert_int_equal(gnutls_x509_crt_export2(c.crt, GNUTLS_X509_FMT_DER, &der), 0);
    while ((at = memmem(der.data, der.size, "HOSTILE", 7)))
        memcpy(at, worse, 7);
    cert_free(&c);
    assert_int_equal(gnutls_x509_crt_init(&c.crt), 0);
    assert_int_equal(gnutls_x509_crt_import(c.crt, &der, GNUTLS_X509_FMT_DER), 0);
    names_add(&names, c.crt);
    names_add_subject(&subject, c.crt);
    assert_string_equal(buf_string(&names), "\\x1b[2J\\x0d\\n\\xff");
    assert_false(span_has(buf_span(&subject), '\033'));
    gnutls_free(der.data);
    cert_free(&c);
}

static void test_time(void **state)
{
    BUF text = { 0 };
    (void)state;
    names_add_time(&text, 0);
    assert_string_equal(buf_string(&text), "1970-01-01 00:00 UTC");
    buf_clear(&text);
    names_add_time(&text, 1763780000);
    assert_string_equal(buf_string(&text), "2025-11-22 02:53 UTC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_many_and_long),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
