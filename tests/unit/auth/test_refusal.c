#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/refusal.h"

#include <string.h>

#define TOKEN "ya29.secret"

static void status_and_scope_are_found(void **state)
{
    static const struct {
        const char *json, *status, *scope;
    } rows[] = {
        { "{\"status\":\"400\",\"schemes\":\"Bearer\",\"scope\":\"https://mail.google.com/\"}",
          "400", "https://mail.google.com/" },
        { "{\"status\":\"invalid_token\",\"scope\":\"mail\","
          "\"openid-configuration\":\"https://example.com/.well-known/openid-configuration\"}",
          "invalid_token", "mail" },
        { " {\r\n\t\"scope\" : \"a\" , \"status\" : 401 } ", "401", "a" },
        { "{\"x\":{\"status\":\"1\",\"y\":[1,\"]}\",{}]},\"status\":\"2\"}", "2", "" },
        { "{\"status\":\"a\\\"b\\\\c\\n\\u0041\\u00e9\"}", "a\"b\\c A?", "" },
        { "{\"status\":\"\033[2J\"}", "\\x1b[2J", "" },
        { "{\"status\":null,\"scope\":true}", "null", "true" },
        { "{\"status\":\"1\",\"status\":\"2\"", "2", "" },
        { "{\"status\":\"is " TOKEN " good?\",\"scope\":\"" TOKEN "\"}", "", "" },
        { "{\"status\":\"unfinished", "", "" },
        { "{\"status\":\"1\\", "", "" },
        { "{\"status\":\"\\u12", "", "" },
        { "{\"x\":[[[[[[", "", "" },
        { "{\"x\":[\"", "", "" },
        { "{\"x\"}", "", "" },
        { "{}", "", "" },
        { "", "", "" },
        { "[\"status\"]", "", "" },
        { "\"status\":\"1\"", "", "" },
        { "<html>", "", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CLEANUP(refusal_done) struct refusal r = { 0 };
        refusal_read(&r, span_of(rows[i].json), SPAN(TOKEN));
        assert_string_equal(buf_string(&r.status), rows[i].status);
        assert_string_equal(buf_string(&r.scope), rows[i].scope);
    }
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    BUF json = { 0 };
    CLEANUP(refusal_done) struct refusal r = { 0 };
    buf_add_string(&json, "{\"status\":\"");
    for (int i = 0; i < 9000; i++)
        buf_add_char(&json, 'x');
    buf_add_string(&json, "\"}");
    refusal_read(&r, buf_span(&json), SPAN(TOKEN));
    assert_int_equal(r.status.len, 200);
}

static void the_remedy_follows_the_status(void **state)
{
    static const struct {
        const char *json, *text, *hint;
    } rows[] = {
        { "{\"status\":\"400\",\"scope\":\"mail\"}", "535 No (status 400, scope mail)",
          "ask for mail" },
        { "{\"status\":\"insufficient_scope\"}", "535 No (status insufficient_scope)",
          "that scope" },
        { "{\"status\":\"401\"}", "535 No (status 401)", "run out or was revoked" },
        { "{\"scope\":\"mail\"}", "535 No (status unknown, scope mail)", "run out or was revoked" },
        { "nothing", "535 No", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        CLEANUP(refusal_done) struct refusal r = { 0 };
        refusal_read(&r, span_of(rows[i].json), SPAN(TOKEN));
        err_set(&e, ERR_REPLY, "535 No");
        e.code = 535;
        refusal_explain(&r, &e);
        assert_string_equal(e.text, rows[i].text);
        assert_int_equal(e.code, 535);
        if (rows[i].hint)
            assert_non_null(strstr(e.hint, rows[i].hint));
        else
            assert_null(e.hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_scope_are_found),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(the_remedy_follows_the_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
