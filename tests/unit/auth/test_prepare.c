#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/prepare.h"

/* RFC 4013 section 3, and what is newer than its Unicode 3.2. */
static void text_is_prepared(void **state)
{
    static const struct {
        const char *text, *prepared; /* NULL: refused */
    } rows[] = {
        { "user", "user" },
        { "USER", "USER" },
        { "a b ~", "a b ~" },
        { "I\302\255X", "IX" },
        { "\302\252", "a" },
        { "\342\205\250", "IX" },
        { "a\302\240b", "a b" },
        { "\342\202\277", "\342\202\277" },               /* U+20BF, of Unicode 10 */
        { "\360\237\230\200x", "\360\237\230\200x" },     /* U+1F600 */
        { "\342\205\250\342\202\277", "IX\342\202\277" }, /* both */
        { "\007", NULL },
        { "", NULL },
        { "x\177", NULL },
        { "\330\247\061", NULL }, /* bidirectional */
        { "\302\255", NULL },     /* nothing is left */
        { "\377", NULL },
        { "\303\251\007", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        BUF ret = { 0 };
        assert_int_equal(prepare(span_of(rows[i].text), &ret, &e), rows[i].prepared ? 0 : -1);
        assert_string_equal(buf_string(&ret), rows[i].prepared ? rows[i].prepared : "");
        assert_int_equal(e.kind, rows[i].prepared ? ERR_NONE : ERR_CONFIG);
    }
}

static void a_nul_is_refused(void **state)
{
    (void)state;
    ERR e = { 0 };
    BUF ret = { 0 };
    assert_int_equal(prepare(SPAN("a\0b"), &ret, &e), -1);
    assert_int_equal(prepare(SPAN("\303\251\0b"), &ret, &e), -1);
    assert_int_equal(ret.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_prepared),
        cmocka_unit_test(a_nul_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
