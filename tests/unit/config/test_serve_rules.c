#include "config/serve_rules.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

typedef int rule(struct arena *a, const char *value, struct err *e);

static const struct {
    rule *rule;
    const char *value;
    const char *wrong; /* words of the error; NULL: it is right */
} rows[] = {
    { check_listen, "127.0.0.1:25", NULL },
    { check_listen, "127.0.0.9", NULL },
    { check_listen, "[::1]:2525", NULL },
    { check_listen, "localhost:2525", NULL },
    { check_listen, "0.0.0.0:25", "neither TLS nor login" },
    { check_listen, "192.0.2.1:25", "neither TLS nor login" },
    { check_listen, "[::]:25", "neither TLS nor login" },
    { check_listen, "mail.example.com:25", "neither TLS nor login" },
    { check_listen, "/run/socket", "is no address" },
    { check_listen, "127.0.0.1:0", "is no address" },
    { check_user, "www-data", NULL },
    { check_user, "1000", NULL },
    { check_user, "@staff", NULL },
    { check_user, "@", "is no user" },
    { check_user, "*", "is no user" },
    { check_user, "a:b", "is no user" },
    { check_sender, "www-data:*@example.com", NULL },
    { check_sender, "*:example.com", NULL },
    { check_sender, "@staff:ann@example.com", NULL },
    { check_sender, "www-data", "who may use what" },
    { check_sender, "www-data:", "who may use what" },
    { check_sender, ":example.com", "is no user" },
    { check_sender, "ann:x@", "fits no address" },
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        int done = rows[i].rule(&a, rows[i].value, &e);
        if ((done == 0) != !rows[i].wrong)
            fail_msg("%s: %s", rows[i].value, e.text ? e.text : "taken");
        if (done < 0)
            assert_non_null(strstr(e.text, rows[i].wrong));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
