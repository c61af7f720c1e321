#include "mail/hidden.h"

#include "mail/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool hidden;
    } rows[] = {
        { "Subject: x\n\nBcc: in the body\n", false },
        { "Subject: x\nBcc: a@b.example\n\nbody\n", false }, /* a real one is removed later */
        { "Subject: x\nno header here\nz: 1\n", false },
        { "Subject: x\nno header here\n\nBcc: a@b.example\n", false },
        { "hello\nBcc: a@b.example\n", false }, /* no header at all */
        { "Subject: about Bcc: lines\n\nb\n", false },
        { "Subject: x\nno header here\nBcc: a@b.example\n\nb\n", true },
        { "Subject: x\nno header here\nResent-bcc : a@b.example\n\nb\n", true },
        { "X: y\n\rBcc: a@b.example\n\nb\n", true },
        { "Subject: x\rbCC: a@b.example\n\nb\n", true },
        { "Subject: x\ry\n\nb\n", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        struct message m = { 0 };
        struct reader r;
        reader_init(&r, &m, (struct message_limits){ 0 });
        assert_int_equal(reader_feed(&r, span_of(rows[i].text), &e), 0);
        int done = reader_finish(&r, &e);
        if (done != (rows[i].hidden ? -1 : 0))
            print_error("row %zu\n", i);
        assert_int_equal(done, rows[i].hidden ? -1 : 0);
        assert_int_equal(e.kind, rows[i].hidden ? ERR_DATA : ERR_NONE);
        reader_done(&r);
        message_done(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
