#include "cmd/kept.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static enum verdict_result judge(const struct account *account, const char *reply, char *id)
{
    struct submitted s = { 0 };
    delivery_grow(&s.delivery, 1);
    struct verdict *v = &s.delivery.verdicts[0];
    v->result = VERDICT_SENT;
    v->err.reply = mem_string(reply);
    kept_by_service(account, &s);
    enum verdict_result result = v->result;
    memcpy(id, s.id.text, sizeof s.id.text);
    submitted_done(&s);
    return result;
}

static void test_replies(void **state)
{
    static const struct {
        const char *reply;
        enum verdict_result result;
    } rows[] = {
        { "queued as 660D86F3FD24B83AB4E", VERDICT_QUEUED },
        { "queued as 660D86F3FD24B83AB4", VERDICT_SENT },
        { "queued as 660d86f3fd24b83ab4e", VERDICT_SENT },
        { "Ok: queued as 660D86F3FD24B83AB4E", VERDICT_SENT }, /* a smarthost's */
        { "queued as 4F2A77", VERDICT_SENT },
        { "OK", VERDICT_SENT },
        { "", VERDICT_SENT },
    };
    const struct account service = { .is_service = true }, other = { 0 };
    char id[QUEUE_ID_SIZE + 1];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(judge(&service, rows[i].reply, id), rows[i].result);
        if (rows[i].result == VERDICT_QUEUED)
            assert_string_equal(id, "660D86F3FD24B83AB4E");
        assert_int_equal(judge(&other, rows[i].reply, id), VERDICT_SENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
