#include "cmd/kept.h"

#include "smtp/reply.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

static void refuse(struct err *e, int code, const char *enhanced, const char *words)
{
    struct reply reply = { .code = code };
    memcpy(reply.enhanced, enhanced, strlen(enhanced) + 1);
    buf_add_string(&reply.text, words);
    reply_error(&reply, e);
    reply_done(&reply);
}

static enum verdict_result judge(const struct account *account, const char *reply, char *id)
{
    struct submitted s = { 0 };
    delivery_grow(&s.delivery, 1);
    struct verdict *v = &s.delivery.verdicts[0];
    v->result = VERDICT_SENT;
    v->err.reply = mem_string(reply);
    size_t n = kept_by_service(account, s.delivery.verdicts, 1, &s.id);
    assert_int_equal(n, v->result == VERDICT_QUEUED);
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
        { "queued as 660D86F3FD24B83AB4E (RCPT: 451 4.3.0 Not now)", VERDICT_QUEUED },
        { "queued as 660D86F3FD24B83AB4E (end of data: lost)", VERDICT_QUEUED },
        { "queued as 660D86F3FD24B83AB4E (RCPT: 451 4.3.0 Not now", VERDICT_SENT },
        { "queued as 660D86F3FD24B83AB4E (Postfix)", VERDICT_SENT },
        { "queued as 660D86F3FD24B83AB4E (what: ever)", VERDICT_SENT },
        { "queued as 660D86F3FD24B83AB4E (", VERDICT_SENT },
        { "queued as 660D86F3FD24B83AB4E ()", VERDICT_SENT },
        { "queued as 660D86F3FD24B83AB4E at noon", VERDICT_SENT },
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

/* What is written is read again. */
static void test_reasons(void **state)
{
    static const struct {
        enum stage stage;
        int code;
        const char *enhanced, *words;
        const char *written;
    } rows[] = {
        { STAGE_RCPT, 451, "4.3.0", "Not now", " (RCPT: 451 4.3.0 Not now)" },
        { STAGE_END, 452, "", "Too much (for now): wait",
          " (end of data: 452 Too much (for now): wait)" },
        { STAGE_MAIL, 450, "4.7.1", "", " (MAIL: 450 4.7.1)" },
        { STAGE_CONNECT, 0, "", "connection refused", " (connect: connection refused)" },
        { STAGE_NONE, 0, "", "a.conf:17: no", " (config: a.conf:17: no)" },
        { STAGE_NONE, 0, "", NULL, "" },
    };
    const struct account service = { .is_service = true };
    struct queue_id id;
    (void)state;
    assert_int_equal(queue_id_parse(SPAN("660D86F3FD24B83AB4E"), &id), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict why = { .stage = rows[i].stage };
        struct submitted s = { 0 };
        BUF line = { 0 };
        BUF wanted = { 0 };
        if (rows[i].code)
            refuse(&why.err, rows[i].code, rows[i].enhanced, rows[i].words);
        else if (rows[i].words)
            err_set(&why.err, ERR_TEMPORARY, "%s", rows[i].words);
        kept_write(&id, &why, &line);
        buf_addf(&wanted, "queued as %s%s", id.text, rows[i].written);
        assert_string_equal(buf_string(&line), buf_string(&wanted));
        delivery_grow(&s.delivery, 1);
        struct verdict *v = &s.delivery.verdicts[0];
        v->result = VERDICT_SENT;
        v->err.reply = mem_string(buf_string(&line));
        assert_int_equal(kept_by_service(&service, s.delivery.verdicts, 1, &s.id), 1);
        assert_int_equal(v->result, VERDICT_QUEUED);
        assert_int_equal(v->stage, why.stage);
        assert_int_equal(v->err.code, rows[i].code);
        assert_string_equal(v->err.enhanced, rows[i].enhanced);
        assert_string_equal(v->err.text ? v->err.text : "", why.err.text ? why.err.text : "");
        submitted_done(&s);
        verdict_done(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
