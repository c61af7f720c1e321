#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/netrc.h"

#include <string.h>

static void entries_are_found_by_machine_and_login(void **state)
{
    static const struct {
        const char *text;
        const char *password; /* of me at mail.example; NULL: none */
    } rows[] = {
        { "", NULL },
        { "machine mail.example login me password sesame", "sesame" },
        { "machine mail.example\n\tlogin me\n\tpassword sesame\n", "sesame" },
        { "machine mail.example password sesame login me", "sesame" },
        { "machine MAIL.Example login me password sesame", "sesame" },
        { "machine mail.example password sesame", "sesame" },
        { "machine mail.example login other password sesame", NULL },
        { "machine mail.example login ME password sesame", NULL },
        { "machine mail.example login me", NULL },
        { "machine imap.example login me password sesame", NULL },
        { "machine mail.example login you password no\n"
          "machine mail.example login me password sesame\n",
          "sesame" },
        { "machine mail.example login me password sesame\n"
          "machine mail.example login me password later\n",
          "sesame" },
        { "machine a login me password no\nmachine mail.example login me account x password sesame",
          "sesame" },
        { "default login me password sesame", "sesame" },
        { "default password sesame\nmachine mail.example password late", "sesame" },
        { "machine mail.example login you password no default login me password sesame", "sesame" },
        { "machine mail.example login me password \"ses ame\"", "ses ame" },
        { "machine \"mail.example\" login \"me\" password \"s\\\"e\\\\s\\n\\t\\r\\x\"",
          "s\"e\\s\n\t\rx" },
        { "machine mail.example login me password #sesame", "#sesame" },
        { "machine mail.example login me password se\"same", "se\"same" },
        { "# machine mail.example login me password no\nmachine mail.example # mine\n login me "
          "password sesame",
          "sesame" },
        { "macdef init\ncd x\nmachine mail.example login me password no\n\n"
          "machine mail.example login me password sesame",
          "sesame" },
        { "macdef init\r\ncd x\r\n\r\nmachine mail.example login me password sesame\r\n",
          "sesame" },
        { "machine mail.example login me password sesame\nmacdef init\nput x", "sesame" },
        { "machine mail.example login me password machine machine x login me password y",
          "machine" },
        { "machine mail.example login me password \"\"", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF found = { 0 };
        int done = netrc_find(span_of(rows[i].text), "mail.example", "me", &found, &e);
        if (done != (rows[i].password ? 1 : 0))
            fail_msg("%s: %d %s", rows[i].text, done, e.text ? e.text : "");
        assert_string_equal(buf_string(&found), rows[i].password ? rows[i].password : "");
        assert_int_equal(found.secret, done);
    }
}

static void mistakes_name_their_line_and_nothing_more(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "machine", "line 1: nothing behind machine" },
        { "\nmachine m login\n", "line 2: nothing behind login" },
        { "machine m login me password\n\n", "line 1: nothing behind password" },
        { "machine m login me\npassword \"sesame\n\n", "line 2: a quotation mark" },
        { "machine m login me\n\npasswort sesame", "line 3: neither machine" },
        { "sesame", "line 1: neither machine" },
        { "macdef", "line 1: nothing behind macdef" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF found = { 0 };
        assert_int_equal(netrc_find(span_of(rows[i].text), "mail.example", "me", &found, &e), -1);
        assert_int_equal(e.kind, ERR_CONFIG);
        if (!strstr(e.text, rows[i].want) || strstr(e.text, "sesame"))
            fail_msg("%s: %s", rows[i].text, e.text);
        assert_int_equal(found.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_by_machine_and_login),
        cmocka_unit_test(mistakes_name_their_line_and_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
