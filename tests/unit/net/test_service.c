#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/service.h"

#include <string.h>

/* What name servers say is for the end-to-end tests. */

static void any_other_target_is_itself(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct targets found = { 0 };
    struct target t = { .host = "mail.example", .port = 25, .tls = TLS_MODE_OFF };
    assert_int_equal(service_find(&a, &t, (struct deadline){ 1 }, &found, &e), 0);
    assert_int_equal(found.n, 1);
    assert_memory_equal(&found.items[0], &t, sizeof t);
}

static void a_lookup_ends_at_its_deadline(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct targets found = { 0 };
    struct target t = { .host = "example.invalid", .is_service = true };
    assert_int_equal(service_find(&a, &t, (struct deadline){ 1 }, &found, &e), -1);
    assert_int_equal(e.kind, ERR_TIMEOUT);
    assert_non_null(strstr(e.text, "srv:example.invalid"));
}

static void a_foreign_name_is_explained(void **state)
{
    static const struct {
        enum err_kind kind;
        const char *text;
        const char *tls_name;
        bool explained;
    } rows[] = {
        { ERR_CERTIFICATE, "for a.host.example, not for example.com", "example.com", true },
        { ERR_CERTIFICATE, "expired", "example.com", false },
        { ERR_CERTIFICATE, "for a.host.example, not for example.com", NULL, false },
        { ERR_TIMEOUT, "example.com", "example.com", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct target t = { .host = "a.host.example", .tls_name = rows[i].tls_name };
        err_set(&e, rows[i].kind, "%s", rows[i].text);
        service_explain(&t, &e);
        assert_int_equal(e.hint != NULL, rows[i].explained);
        if (rows[i].explained)
            assert_non_null(strstr(e.hint, "tls_name = a.host.example"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_other_target_is_itself),
        cmocka_unit_test(a_lookup_ends_at_its_deadline),
        cmocka_unit_test(a_foreign_name_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
