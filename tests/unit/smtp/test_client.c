/* Client, login and transfer over a stream in memory: what the server says, what we send. */
#include "smtp/client.h"

#include "mail/wire.h"
#include "memory_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* With a login if there is a user. */
static void set_up(struct memory_client *m, const char *script, const char *user)
{
    memory_client_open(m, script, NULL);
    m->auth.user = user;
}

struct row {
    const char *script;
    const char *sent;
    enum err_kind kind; /* ERR_NONE: it goes well */
    const char *part;   /* of the error's text, or of its hint */
};

static int greet_and_hello(struct client *c, struct err *e)
{
    return client_greeting(c, e) < 0 ? -1 : client_hello(c, e);
}

static const struct row hellos[] = {
    { "220 x\r\n250 x\r\n", "EHLO client.example.org\r\n", ERR_NONE, NULL },
    { "220-a\r\n220 b\r\n250-x\r\n250 SIZE 5\r\n", "EHLO client.example.org\r\n", ERR_NONE, NULL },
    { "220 x\r\n502 what\r\n250 x\r\n", "EHLO client.example.org\r\nHELO client.example.org\r\n",
      ERR_NONE, NULL },
    { "220 x\r\n504 5.5.2 need a name\r\n", "EHLO client.example.org\r\n", ERR_REPLY, "504 5.5.2" },
    { "220 x\r\n421 busy\r\n", "EHLO client.example.org\r\n", ERR_REPLY, "421 busy" },
    { "554 no\r\n", "", ERR_REPLY, "554 no" },
    { "250 hello\r\n", "", ERR_PROTOCOL, "250 hello" },
    { "SSH-2.0-x\r\n", "", ERR_PROTOCOL, "SSH-2.0-x" },
    { "\x15\x03\x01\x02\n", "", ERR_PROTOCOL, "tls = implicit" },
    { "* OK ready\r\n", "", ERR_PROTOCOL, "for reading mail" },
    { "+OK ready\r\n", "", ERR_PROTOCOL, "for reading mail" },
    { "", "", ERR_CLOSED, "closed the connection" },
    { "220 half", "", ERR_CLOSED, "closed the connection" },
};

static const struct row logins[] = {
    { "235 ok\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ERR_NONE, NULL },
    { "535 5.7.8 no\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ERR_REPLY, "535 5.7.8 no" },
    { "454 4.7.0 later\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ERR_REPLY, "454" },
    { "250 fine\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ERR_PROTOCOL, "250 fine" },
    { "334 !!!\r\n501 cancelled\r\n", "AUTH PLAIN AG1lAHNlY3JldA==\r\n*\r\n", ERR_PROTOCOL,
      "not base64" },
    { "", "AUTH PLAIN AG1lAHNlY3JldA==\r\n", ERR_CLOSED, "closed" },
};

static void check_row(const struct row *row, int done, const struct memory_client *f,
                      const struct err *e)
{
    if ((done < 0) != (row->kind != ERR_NONE))
        print_error("script \"%s\": %s\n", row->script, e->text ? e->text : "no error");
    assert_int_equal(done, row->kind == ERR_NONE ? 0 : -1);
    assert_int_equal(e->kind, row->kind);
    assert_string_equal(buf_string(&f->sent), row->sent);
    if (row->part && !strstr(e->text, row->part) && !(e->hint && strstr(e->hint, row->part)))
        fail_msg("\"%s\" is not in \"%s\"", row->part, e->text);
}

static void test_greeting_and_hello(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
        struct memory_client f;
        ERR e = { 0 };
        set_up(&f, hellos[i].script, NULL);
        int done = greet_and_hello(&f.client, &e);
        check_row(&hellos[i], done, &f, &e);
        memory_client_close(&f);
    }
}

static void test_login_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        struct memory_client f;
        ERR e = { 0 };
        set_up(&f, logins[i].script, "me");
        caps_parse(SPAN("x\nAUTH PLAIN LOGIN"), &f.client.caps);
        int done = client_login(&f.client, &e);
        check_row(&logins[i], done, &f, &e);
        memory_client_close(&f);
    }
}

static void test_login_login(void **state)
{
    (void)state;
    struct memory_client f;
    ERR e = { 0 };
    set_up(&f, "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n", "me");
    caps_parse(SPAN("x\nAUTH LOGIN"), &f.client.caps);
    assert_int_equal(client_login(&f.client, &e), 0);
    assert_string_equal(buf_string(&f.sent), "AUTH LOGIN\r\nbWU=\r\nc2VjcmV0\r\n");
    memory_client_close(&f);
}

static void test_long_response_goes_alone(void **state)
{
    (void)state;
    struct memory_client f;
    ERR e = { 0 };
    BUF user = { 0 };
    while (user.len < 400)
        buf_add_char(&user, 'u');
    set_up(&f, "334 \r\n235 ok\r\n", buf_string(&user));
    caps_parse(SPAN("x\nAUTH PLAIN"), &f.client.caps);
    assert_int_equal(client_login(&f.client, &e), 0);
    assert_true(span_starts(buf_span(&f.sent), "AUTH PLAIN\r\nAHV1"));
    memory_client_close(&f);
}

static void test_accepted_before_it_was_seen(void **state)
{
    (void)state;
    struct memory_client f;
    ERR e = { 0 };
    BUF user = { 0 };
    while (user.len < 400)
        buf_add_char(&user, 'u');
    set_up(&f, "235 ok\r\n", buf_string(&user));
    caps_parse(SPAN("x\nAUTH PLAIN"), &f.client.caps);
    assert_int_equal(client_login(&f.client, &e), -1);
    assert_int_equal(e.kind, ERR_PROTOCOL);
    memory_client_close(&f);
}

static void test_no_login_in_clear_text(void **state)
{
    (void)state;
    struct memory_client f;
    ERR e = { 0 };
    set_up(&f, "", "me");
    f.target.host = "192.0.2.1";
    caps_parse(SPAN("x\nAUTH PLAIN LOGIN"), &f.client.caps);
    assert_int_equal(client_login(&f.client, &e), -1);
    assert_string_equal(buf_string(&f.sent), "");
    memory_client_close(&f);
}

static void test_starttls_not_offered(void **state)
{
    (void)state;
    struct memory_client f;
    ERR e = { 0 };
    set_up(&f, "", "me");
    assert_int_equal(client_starttls(&f.client, &e), -1);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_string_equal(buf_string(&f.sent), "");
    memory_client_close(&f);
}

static void make_stored(struct stored *s, const char *body)
{
    ERR e = { 0 };
    *s = (struct stored){ 0 };
    buf_add_string(&s->header, "Subject: x\r\n\r\n");
    assert_int_equal(body_add(&s->body, span_of(body), &e), 0);
}

static void send_one(const char *script, const char *caps, const char *body, struct verdict *ret,
                     struct memory_client *f)
{
    struct rcpt rcpt = { .wire = "a@b", .original = "a@b" };
    struct envelope envelope = { .sender = "s@t", .rcpts = &rcpt, .n_rcpts = 1 };
    struct stored stored;
    make_stored(&stored, body);
    set_up(f, script, NULL);
    caps_parse(span_of(caps), &f->client.caps);
    client_send(&f->client, &envelope, &stored, true, ret);
    stored_done(&stored);
}

static void test_send(void **state)
{
    (void)state;
    struct memory_client f;
    struct verdict v = { 0 };
    send_one("250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 queued\r\n", "x\nPIPELINING\nSIZE",
             ".dot\r\nend\r\n", &v, &f);
    assert_int_equal(v.result, VERDICT_SENT);
    assert_string_equal(v.err.enhanced, "2.0.0");
    assert_string_equal(buf_string(&f.sent),
                        "MAIL FROM:<s@t> SIZE=25\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: x\r\n\r\n"
                        "..dot\r\nend\r\n.\r\nQUIT\r\n");
    assert_true(f.client.quit_sent);
    verdict_done(&v);
    memory_client_close(&f);
}

static void test_send_lost(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        enum verdict_result result;
        enum stage stage;
    } rows[] = {
        { "", VERDICT_FAILED, STAGE_MAIL },
        { "250 ok\r\n", VERDICT_FAILED, STAGE_RCPT },
        { "250 ok\r\n250 ok\r\n", VERDICT_FAILED, STAGE_DATA },
        { "250 ok\r\n250 ok\r\n354 go\r\n", VERDICT_AMBIGUOUS, STAGE_END },
        { "250 ok\r\n250 ok\r\n354 go\r\n250-half\r\n", VERDICT_AMBIGUOUS, STAGE_END },
        { "250 ok\r\n250 ok\r\nwhat\r\n", VERDICT_FAILED, STAGE_DATA },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct memory_client f;
        struct verdict v = { 0 };
        send_one(rows[i].script, "x", "b\r\n", &v, &f);
        assert_int_equal(v.result, rows[i].result);
        assert_int_equal(v.stage, rows[i].stage);
        assert_true(f.client.broken);
        verdict_done(&v);
        memory_client_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greeting_and_hello),
        cmocka_unit_test(test_login_plain),
        cmocka_unit_test(test_login_login),
        cmocka_unit_test(test_long_response_goes_alone),
        cmocka_unit_test(test_accepted_before_it_was_seen),
        cmocka_unit_test(test_no_login_in_clear_text),
        cmocka_unit_test(test_starttls_not_offered),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_send_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
