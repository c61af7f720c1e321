#include "base/idn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_labels(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        const char *ascii;
    } rows[] = {
        { "bücher.example", "xn--bcher-kva.example" },
        { "BÜCHER.example", "xn--bcher-kva.example" },
        { "bu\xcc\x88"
          "cher.example",
          "xn--bcher-kva.example" },                   /* not in NFC */
        { "straße.example", "xn--strae-oqa.example" }, /* non-transitional */
        { "例え。テスト", "xn--r8jz45g.xn--zckzah" },  /* ideographic full stop */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        assert_int_equal(idn_add_ascii(&out, rows[i].domain, &e), 0);
        assert_string_equal(buf_string(&out), rows[i].ascii);
    }
}

static void test_no_name(void **state)
{
    (void)state;
    static const char *const rows[] = { "\xe9.example", "\xef\xbf\xbe.example" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BUF out = { 0 };
        ERR e = { 0 };
        assert_int_equal(idn_add_ascii(&out, rows[i], &e), -1);
        assert_int_equal(e.kind, ERR_DATA);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
