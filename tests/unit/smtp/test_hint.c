#include "smtp/hint.h"

#include "hint_replies.h"
#include "smtp/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Fills an ERR_REPLY from the lines that a server would send. */
static void take(const char *lines, struct err *e)
{
    struct reply_parser parser = { 0 };
    struct reply reply = { 0 };
    BUF wire = { 0 };
    size_t used = 0;
    buf_addf(&wire, "%s\r\n", lines);
    assert_int_equal(reply_feed(&parser, buf_span(&wire), &used, &reply), 1);
    assert_int_equal(used, wire.len);
    reply_error(&reply, e);
    reply_done(&reply);
    reply_parser_done(&parser);
}

static void join_words(const struct hint *h, struct buf *to)
{
    for (size_t i = 0; i < HINT_WORDS && h->words[i]; i++)
        buf_addf(to, "%s%s", i ? "|" : "", h->words[i]);
}

static const struct hint *find(const struct hint_known *s)
{
    ERR e = { 0 };
    take(s->reply, &e);
    return hint_find(s->stage, &e);
}

static void test_each_sample_finds_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < hint_known_count; i++) {
        const struct hint *h = find(&hint_known[i]);
        BUF words = { 0 };
        if (h)
            join_words(h, &words);
        if (!h || strcmp(buf_string(&words), hint_known[i].words) != 0)
            fail_msg("\"%s\" finds \"%s\"", hint_known[i].reply,
                     h ? buf_string(&words) : "nothing");
    }
}

static void test_each_row_has_a_sample(void **state)
{
    (void)state;
    for (size_t row = 0; row < hint_count; row++) {
        size_t i = 0;
        while (i < hint_known_count && find(&hint_known[i]) != &hint_table[row])
            i++;
        if (i == hint_known_count)
            fail_msg("no sample finds row %zu, \"%s\"", row, hint_table[row].text);
    }
}

static void test_unrelated_replies_find_none(void **state)
{
    (void)state;
    assert_true(hint_unrelated_count >= 100);
    for (size_t i = 0; i < hint_unrelated_count; i++) {
        ERR e = { 0 };
        take(hint_unrelated[i].reply, &e);
        for (enum stage stage = STAGE_NONE; stage <= STAGE_QUIT; stage++) {
            const struct hint *h =
                hint_unrelated[i].stages >> stage & 1 ? hint_find(stage, &e) : NULL;
            if (h)
                fail_msg("\"%s\" at %s finds \"%s\"", hint_unrelated[i].reply, stage_name(stage),
                         h->text);
        }
    }
}

/* Each word before " = " in a remedy must be a key. */
static bool names_known_keys(const char *text)
{
    static const char *const keys[] = { "auth", "host", "rewrite_from", "set_message_id", "tls" };
    for (const char *at = strstr(text, " = "); at; at = strstr(at + 1, " = ")) {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            size_t len = strlen(keys[i]);
            known |= (size_t)(at - text) >= len && strncmp(at - len, keys[i], len) == 0;
        }
        if (!known)
            return false;
    }
    return true;
}

static bool is_one_plain_line(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return len > 20 && len <= 150 && text[len - 1] != '.' && !strstr(text, "postbag help");
}

static void test_rows_are_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < hint_count; i++) {
        const struct hint *h = &hint_table[i];
        bool month = !h->seen || (strlen(h->seen) == 7 && h->seen[4] == '-');
        bool by_codes = h->stages && (h->code > 5 || h->enhanced);
        if (!is_one_plain_line(h->text) || !names_known_keys(h->text) || !month ||
            (!h->words[0] && !by_codes))
            fail_msg("row %zu, %zu octets: \"%s\"", i, strlen(h->text), h->text);
    }
}

static void test_case_blanks_and_order(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        bool fits;
    } rows[] = {
        { "534 please LOG in with a Web  Browser  and then   try again", true },
        { "534 please log in with a web browser, and again then try", false },
        { "534 then try again; a web browser; please log in", false },
        { "534 please login with a web browser and then try again", false },
        { "534 please log in with a web browser and then try", false },
        { "434 please log in with a web browser and then try again", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        take(rows[i].reply, &e);
        assert_int_equal(hint_find(STAGE_AUTH, &e) != NULL, rows[i].fits);
        assert_null(hint_find(STAGE_MAIL, &e));
    }
}

static void test_apply(void **state)
{
    (void)state;
    ERR e = { 0 };
    take("550 5.1.1 User unknown", &e);
    hint_apply(STAGE_RCPT, &e);
    assert_null(e.hint);
    take("535 5.7.8 no", &e);
    hint_apply(STAGE_AUTH, &e);
    assert_non_null(strstr(e.hint, "check user"));
    err_hint(&e, "mine");
    hint_apply(STAGE_AUTH, &e);
    assert_string_equal(e.hint, "mine");
}

static void test_other_errors_find_none(void **state)
{
    (void)state;
    ERR e = { 0 };
    assert_null(hint_find(STAGE_RCPT, &e));
    err_set(&e, ERR_CLOSED, "Relay access denied");
    e.code = 554;
    e.reply = mem_string("Relay access denied");
    assert_null(hint_find(STAGE_RCPT, &e));
    err_set(&e, ERR_REPLY, "a reply without words");
    e.code = 535;
    assert_non_null(hint_find(STAGE_AUTH, &e));
    assert_null(hint_find(STAGE_RCPT, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_sample_finds_its_row),
        cmocka_unit_test(test_each_row_has_a_sample),
        cmocka_unit_test(test_unrelated_replies_find_none),
        cmocka_unit_test(test_rows_are_well_formed),
        cmocka_unit_test(test_case_blanks_and_order),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_other_errors_find_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
