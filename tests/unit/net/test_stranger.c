#include "net/stranger.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void test_words(void **state)
{
    static const struct {
        struct span words;
        bool known;
    } rows[] = {
        { SPAN("* OK [CAPABILITY IMAP4rev1] ready."), true },
        { SPAN("* BYE too busy"), true },
        { SPAN("+OK POP3 ready"), true },
        { SPAN("220 mail.example ESMTP"), false },
        { SPAN("*"), false },
        { SPAN("SSH-2.0-x"), false },
        { SPAN(""), false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        err_set(&e, ERR_PROTOCOL, "what is that?");
        assert_int_equal(stranger_hint(rows[i].words, &e), rows[i].known);
        assert_int_equal(e.hint && strstr(e.hint, "for reading mail"), rows[i].known);
        assert_string_equal(e.text, "what is that?");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
