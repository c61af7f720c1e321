#include "config/option.h"

#include "base/buf.h"
#include "config/config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

/* Sets a key of a fresh account or queue: what it shows then, or the text of the error. */
static void try(const char *key, const char *value, struct buf *shown)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct account account = { 0 };
    struct queue_opts queue = { 0 };
    const struct ident joe = { .home = "/home/joe" };
    const struct option *row = option_find(OPTION_ACCOUNT, span_of(key));
    void *object = row ? (void *)&account : (void *)&queue;
    row = row ? row : option_find(OPTION_QUEUE, span_of(key));
    assert_non_null(row);
    option_set_initial(&a, row->section, object);
    if (option_set(&a, row, object, value, &joe, &e) < 0) {
        assert_int_equal(e.kind, ERR_CONFIG);
        buf_addf(shown, "! %s", e.text);
    } else {
        option_show(shown, row, object);
    }
}

static void test_values(void **state)
{
    static const struct {
        const char *key, *value, *want;
    } rows[] = {
        { "user", "you@example.com", "you@example.com" },
        { "user", "", "" },
        { "user", "a$$b${C}$d", "a$$$b$${C}$d" },
        { "password", "secret", "***" },
        { "password", "", "" },
        { "password_file", "~/.secret", "/home/joe/.secret" },
        { "password_file", "~", "/home/joe" },
        { "password_file", "/etc/secret", "/etc/secret" },
        { "password_file", "secret",
          "! password_file: \"secret\" is no absolute path; write one that begins with \"/\" or "
          "\"~/\"" },
        { "password_file", "~bob/secret",
          "! password_file: \"~bob/secret\" is no absolute path; write one that begins with \"/\" "
          "or \"~/\"" },
        { "tls_key", "pkcs11:token=x?pin-value=1234&y", "pkcs11:token=x?pin-value=***&y" },
        { "tls_cert", "PKCS11:token=x", "PKCS11:token=x" },
        { "proxy", "socks5://me:a@b:c@[::1]:25", "socks5://me:***@[::1]:25" },
        { "proxy", "socks5://me@p:25", "socks5://me@p:25" },
        { "proxy", "http://p:3128", "http://p:3128" },
        { "tls_key", "~/key.pem", "/home/joe/key.pem" },
        { "set_date", "no", "no" },
        { "set_date", "OFF", "no" },
        { "set_date", "0", "no" },
        { "set_date", "true", "yes" },
        { "set_date", "", "yes" },
        { "set_date", "maybe",
          "! set_date: \"maybe\" is neither yes nor no; write \"yes\" or \"no\"" },
        { "port", "587", "587" },
        { "port", "65535", "65535" },
        { "port", "0", "! port: \"0\" is out of place; write a number from 1 to 65535" },
        { "port", "65536", "! port: \"65536\" is out of place; write a number from 1 to 65535" },
        { "port", "smtp", "! port: \"smtp\" is out of place; write a number from 1 to 65535" },
        { "exit_tempfail", "69", "69" },
        { "exit_tempfail", "", "75" },
        { "exit_tempfail", "0",
          "! exit_tempfail: \"0\" is out of place; write a number from 1 to 255" },
        { "timeout", "90", "90s" },
        { "timeout", "10m", "10m" },
        { "timeout", "0", "! timeout: \"0\" is out of range; write 1s to 7d" },
        { "timeout", "8d", "! timeout: \"8d\" is out of range; write 1s to 7d" },
        { "timeout", "soon",
          "! timeout: \"soon\" is no duration; write a number and s, m, h or d, as in 30s" },
        { "max_size", "25M", "25M" },
        { "max_size", "25MB",
          "! max_size: \"25MB\" is no size; write a number and k, M or G, as in 25M" },
        { "tls", "STARTTLS", "starttls" },
        { "tls", "on", "! tls: \"on\" is not known here; write implicit, starttls or off" },
        { "tls_verify", "no", "! tls_verify: \"no\" is not known here; write yes or insecure" },
        { "host", "a.example.com, b.example.com:25 [::1]:587,,/run/x",
          "a.example.com, b.example.com:25, [::1]:587, /run/x" },
        { "host", " , ", "" },
        { "match", "*@example.com,example.org", "*@example.com, example.org" },
        { "dsn_notify", "failure, delay", "failure, delay" },
        { "dsn_notify", "never", "never" },
        { "dsn_notify", "never,failure",
          "! dsn_notify: never excludes the other words; write it alone" },
        { "dsn_notify", "always",
          "! dsn_notify: \"always\" is not known here; write never, success, failure or delay" },
        { "from_name", "Jos\xc3\xa9 \t X", "Jos\xc3\xa9 \\x09 X" },
        { "from_name", "a\nb", "! from_name: a control character in the value; write it without" },
        { "from_name", "a\x1b[0m",
          "! from_name: a control character in the value; write it without" },
        { "from_name", "a\xff", "! from_name: not valid UTF-8; write the value in UTF-8" },
        { "password", "a\nb", "! password: a control character in the value; write it without" },
        { "password", "a\x01z", "***" },
        { "rate", "30/minute", "30/m" },
        { "rate", "0", "" },
        { "rate", "", "" },
        { "rate", "30",
          "! rate: \"30\" is no rate; write a number of messages and /m, /h or /d, as in 30/m" },
        { "mode", "TRY", "try" },
        { "mode", "later", "! mode: \"later\" is not known here; write direct, try or queue" },
        { "dir", "~/spool", "/home/joe/spool" },
        { "dir", "spool",
          "! dir: \"spool\" is no absolute path; write one that begins with \"/\" or \"~/\"" },
        { "lifetime", "0", "0" },
        { "lifetime", "366d", "! lifetime: \"366d\" is out of range; write 0 to 365d" },
        { "lifetime", "never",
          "! lifetime: \"never\" is no duration; write a number and s, m, h or d, as in 30s" },
        { "bounce", "none", "none" },
        { "bounce", "ops",
          "! bounce: \"ops\" is no address; write sender, none, or an address as in "
          "you@example.com" },
        { "warn_after", "4h", "4h" },
        { "warn_after", "OFF", "off" },
        { "warn_after", "0", "! warn_after: \"0\" is out of range; write 1s to 365d" },
        { "warn_after", "no",
          "! warn_after: \"no\" is no duration; write a number and s, m, h or d, as in 30s, or "
          "off" },
        { "retry", "30,1m 90s", "30s, 1m, 90s" },
        { "retry", "1m, 0", "! retry: \"0\" is out of range; write 1s to 7d" },
        { "retry", "1m, 8d", "! retry: \"8d\" is out of range; write 1s to 7d" },
        { "retry", "1m, x",
          "! retry: \"x\" is no duration; write a number and s, m, h or d, as in 30s" },
        { "retry", " , ", "! retry: no duration in it; write one at least, as in 5m" },
        { "retry", "", "1m, 2m, 5m, 10m, 20m, 30m, 1h, 2h, 3h" },
        { "budget", "1m", "1m" },
        { "max_messages", "1000", "1000" },
        { "max_messages", "-1",
          "! max_messages: \"-1\" is out of place; write a number from 0 to 1000000000" },
        { "max_bytes", "1G", "1G" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF shown = { 0 };
        try(rows[i].key, rows[i].value, &shown);
        assert_string_equal(buf_string(&shown), rows[i].want);
    }
}

static void test_stored(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct log_opts log = { 0 };
    struct account account = { 0 };
    const struct option *format = option_find(OPTION_LOG, SPAN("format"));
    const struct option *notify = option_find(OPTION_ACCOUNT, SPAN("dsn_notify"));
    const struct option *password = option_find(OPTION_ACCOUNT, SPAN("password"));
    (void)state;
    assert_int_equal(option_set(&a, format, &log, "json", NULL, &e), 0);
    assert_true(log.json);
    assert_int_equal(option_set(&a, notify, &account, "delay success", NULL, &e), 0);
    assert_int_equal(account.mail.dsn_notify, DSN_NOTIFY_DELAY | DSN_NOTIFY_SUCCESS);
    const char text[] = "p;a #\"'$x";
    assert_int_equal(option_set(&a, password, &account, text, NULL, &e), 0);
    assert_string_equal(account.auth.password, text);
    assert_ptr_not_equal(account.auth.password, text);
}

static void test_no_home(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct account account = { 0 };
    const struct option *row = option_find(OPTION_ACCOUNT, SPAN("aliases"));
    (void)state;
    assert_int_equal(option_set(&a, row, &account, "~/aliases", NULL, &e), -1);
    assert_string_equal(e.text, "aliases: this user has no home directory for \"~\"; write a path "
                                "from \"/\" on");
    assert_null(account.mail.aliases);
}

static void test_find(void **state)
{
    (void)state;
    assert_non_null(option_find(OPTION_ACCOUNT, SPAN("host")));
    assert_null(option_find(OPTION_ACCOUNT, SPAN("Host")));
    assert_null(option_find(OPTION_ACCOUNT, SPAN("syslog")));
    assert_non_null(option_find(OPTION_LOG, SPAN("syslog")));
}

static void test_literal_secret(void **state)
{
    static const struct {
        const char *key, *value;
        bool want;
    } rows[] = {
        { "password", "x", true },
        { "password", "${X}", false },
        { "password", "${X}${Y}", false },
        { "password", "$${X}", true },
        { "password", "", false },
        { "password_file", "/x", false },
        { "user", "x", false },
        { "tls_key", "/x", false },
        { "tls_key", "pkcs11:x", false },
        { "tls_key", "pkcs11:x?pin-value=1", true },
        { "proxy", "socks5://p:1080", false },
        { "proxy", "socks5://me:x@p:1080", true },
        { "proxy", "socks5://me:${X}@p:1080", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct option *row = option_find(OPTION_ACCOUNT, span_of(rows[i].key));
        if (option_is_literal_secret(row, rows[i].value) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),         cmocka_unit_test(test_stored),
        cmocka_unit_test(test_no_home),        cmocka_unit_test(test_find),
        cmocka_unit_test(test_literal_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
