#include "config/url.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void test_accepted(void **state)
{
    static const struct {
        const char *url, *want;
    } rows[] = {
        { "smtps://mail.example.com", "host=mail.example.com port=465 tls=implicit" },
        { "smtps://mail.example.com:2465/", "host=mail.example.com port=2465 tls=implicit" },
        { "smtp://mail.example.com", "host=mail.example.com port=587 tls=starttls" },
        { "SMTP://mail.example.com:25", "host=mail.example.com port=25 tls=starttls" },
        { "smtp://mail.example.com:465", "host=mail.example.com port=465 tls=implicit" },
        { "smtp://localhost:1025?tls=off", "tls=off host=localhost port=1025" },
        { "smtp://[::1]:25", "host=[::1] port=25 tls=starttls" },
        { "smtp://[2001:db8::1]", "host=[2001:db8::1] port=587 tls=starttls" },
        { "smtps://user:pass@host:465?from=me@example.com",
          "from=me@example.com host=host port=465 tls=implicit user=user password=pass" },
        { "smtps://me%40example.com:p%3Aa%2Fs%24%7BX%7D%20@host",
          "host=host port=465 tls=implicit user=me@example.com from=me@example.com "
          "password=p:a/s${X} " },
        { "smtps://me@example.com:a:b@host",
          "host=host port=465 tls=implicit user=me@example.com from=me@example.com "
          "password=a:b" },
        { "smtps://me@host?password_command=pass%20show%20x&timeout=30s&",
          "password_command=pass show x timeout=30s host=host port=465 tls=implicit user=me" },
        { "smtps://u:@host", "host=host port=465 tls=implicit user=u password=" },
        { "smtps://:p@host", "host=host port=465 tls=implicit password=p" },
        { "smtp://host?port=26", "port=26 host=host tls=starttls" },
        { "smtps://u:%C3%BC@host", "host=host port=465 tls=implicit user=u password=\xc3\xbc" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF got = { 0 };
        struct ini_file file;
        if (url_parse(&a, rows[i].url, &file, &e) < 0)
            fail_msg("row %zu: %s", i, e.text);
        assert_string_equal(file.name, "POSTBAG_URL");
        assert_null(file.entries[0].key);
        for (size_t j = 1; j < file.n; j++) {
            const struct ini_entry *entry = &file.entries[j];
            assert_string_equal(entry->section, "account env");
            buf_addf(&got, "%s%s=%s", j > 1 ? " " : "", entry->key, entry->value);
        }
        assert_string_equal(buf_string(&got), rows[i].want);
    }
}

/* Whatever is wrong, no piece of the URL is shown. */
static void test_refused(void **state)
{
    static const char *const rows[] = {
        "http://u:QQ@host",
        "smtps:u:QQ@host",
        "smtps://",
        "smtps://u:QQ@",
        "smtps://u:QQ@:465",
        "smtps://u:QQ@host:",
        "smtps://u:QQ@host:QQ",
        "smtps://u:QQ@host:0",
        "smtps://u:QQ@host:65536",
        "smtps://u:QQ/QQ@host",
        "smtps://u:QQ?QQ@host",
        "smtps://u:1?QQ@host",
        "smtps://u:QQ#QQ@host",
        "smtps://u:1#QQ@host",
        "smtps://u:QQ@host/path",
        "smtps://u:QQ@host?QQ",
        "smtps://u:QQ@host?QQ=x",
        "smtps://u:QQ@host?=x",
        "smtps://u:%QQ@host",
        "smtps://u:QQ%4@host",
        "smtps://u:QQ%00@host",
        "smtps://u:QQ%ff@host",
        "smtps://u:QQ@[::1",
        "smtps://u:QQ@[::1]x",
        "smtps://u:QQ@host?user=%",
        "smtps://u:QQ@host#QQ",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct ini_file file;
        if (url_parse(&a, rows[i], &file, &e) == 0)
            fail_msg("row %zu", i);
        assert_int_equal(e.kind, ERR_CONFIG);
        assert_true(span_starts(span_of(e.text), "POSTBAG_URL: "));
        assert_null(strstr(e.text, "QQ"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
