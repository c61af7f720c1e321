#include "base/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *secrets[3];
        const char *text;
        const char *shown;
    } rows[] = {
        { { NULL }, "535 no", "535 no" },
        { { "hunter2" }, "535 no", "535 no" },
        { { "hunter2" }, "hunter2", "***" },
        { { "hunter2" }, "not hunter2, hunter2!", "not ***, ***!" },
        { { "hunter2", "aHVudGVyMg==" },
          "500 AUTH PLAIN aHVudGVyMg== (hunter2)",
          "500 AUTH PLAIN *** (***)" },
        { { "aaaa" }, "aaaaaaaaa", "******a" },
        { { "abc" }, "abcabc", "abcabc" }, /* too short to be told from any text */
        { { "hunter2" }, "", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mask m = { 0 };
        BUF text = { 0 };
        for (size_t k = 0; k < 3 && rows[i].secrets[k]; k++)
            mask_add(&m, span_of(rows[i].secrets[k]));
        buf_add_string(&text, rows[i].text);
        mask_apply(&m, &text);
        assert_string_equal(buf_string(&text), rows[i].shown);
        mask_done(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
