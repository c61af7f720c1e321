#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/hosts_file.h"

static void test_order(void **state)
{
    static const struct {
        const char *text;
        bool first;
    } rows[] = {
        { "hosts: files dns\n", true },
        { "passwd: files\nhosts:\t\tfiles mdns4_minimal [NOTFOUND=return] dns\n", true },
        { "  hosts : files", true },
        { "hosts: files # dns\n", true },
        { "# hosts: files\nhosts: dns files\n", false },
        { "hosts: mymachines resolve [!UNAVAIL=return] files\n", false },
        { "hosts: files [SUCCESS=continue] dns\n", false },
        { "hosts: files[SUCCESS=continue] dns\n", false },
        { "hosts:\n", false },
        { "passwd: files\n", false },
        { "", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (hosts_file_is_first(span_of(rows[i].text)) != rows[i].first)
            fail_msg("\"%s\"", rows[i].text);
}

static void test_look(void **state)
{
    static const char list[] = "# this machine\n"
                               "127.0.0.1\tlocalhost\n"
                               "::1 localhost ip6-localhost\n"
                               "192.0.2.1 mail.example.com mail # relay\n"
                               "192.0.2.2 twice\n"
                               "192.0.2.3 twice\n"
                               "fe80::1%eth0 zone\n"
                               "nonsense broken\n"
                               "192.0.2.4 broken\n"
                               "192.0.2.5\n"
                               "  2001:db8::1 six  # old.example.com\n"
                               "192.0.2.6 last";
    static const struct {
        const char *host;
        enum ip_family family;
        const char *address; /* NULL: getaddrinfo must know */
    } rows[] = {
        { "localhost", IP_ANY, NULL },
        { "localhost", IP_4, "127.0.0.1" },
        { "LOCALHOST", IP_6, "::1" },
        { "mail.example.com", IP_ANY, "192.0.2.1" },
        { "Mail", IP_ANY, "192.0.2.1" },
        { "mail", IP_6, NULL },
        { "twice", IP_ANY, NULL },
        { "zone", IP_ANY, NULL },
        { "zone", IP_4, NULL },
        { "broken", IP_ANY, NULL },
        { "192.0.2.5", IP_ANY, NULL },
        { "six", IP_ANY, "2001:db8::1" },
        { "six", IP_4, NULL },
        { "old.example.com", IP_ANY, NULL },
        { "relay", IP_ANY, NULL },
        { "last", IP_ANY, "192.0.2.6" },
        { "mail.example.com.", IP_ANY, NULL },
        { "unknown", IP_ANY, NULL },
        { "", IP_ANY, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF address = { 0 };
        bool found = hosts_file_look(span_of(list), rows[i].host, rows[i].family, &address);
        if (found != (rows[i].address != NULL))
            fail_msg("%s", rows[i].host);
        assert_string_equal(buf_string(&address), found ? rows[i].address : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
