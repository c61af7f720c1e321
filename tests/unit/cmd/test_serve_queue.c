#include "cmd/serve_queue.h"

#include "serve_fixture.h"

#include "queue/commit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct buf written;

static int take(struct dialogue *d, struct span octets, struct err *e)
{
    (void)d;
    (void)e;
    buf_add_span(&written, octets);
    return 0;
}

static int take_nothing(struct dialogue *d, struct span octets, struct err *e)
{
    (void)d;
    (void)octets;
    return err_set(e, ERR_CLOSED, "gone");
}

static const struct dialogue_ops writes = { .write = take }, fails = { .write = take_nothing };

static void keep(struct serve_place *p, uid_t uid, const char *sender)
{
    ERR e = { 0 };
    struct spool spool = scratch_spool(&p->scratch);
    struct stored stored = scratch_stored(100);
    struct entry entry = scratch_entry(&p->scratch, &stored);
    entry.uid = uid;
    entry.envelope.sender = sender;
    assert_int_equal(spool_commit(&spool, &entry, &stored, FOLDER_NEW, &e), 1);
    stored_done(&stored);
    spool_close(&spool);
}

static const char *list(const struct serve_place *p, uid_t uid, bool json)
{
    ERR e = { 0 };
    struct dialogue d = { .ops = &writes };
    buf_clear(&written);
    assert_int_equal(serve_queue(&d, &p->serve, uid, json, &e), 0);
    return buf_string(&written);
}

/* Every line ends with CRLF, none before the last is a lone dot. */
static void check_form(const char *text)
{
    assert_int_equal(strncmp(text, "250 ", 4), 0);
    for (const char *at = strchr(text, '\n'); at; at = strchr(at + 1, '\n')) {
        assert_int_equal(at[-1], '\r');
        if (strncmp(at, "\n.\r\n", 4) == 0)
            assert_int_equal(at[4], '\0');
    }
    assert_string_equal(text + strlen(text) - 5, "\r\n.\r\n");
}

static void test_whose(void **state)
{
    struct serve_place p;
    (void)state;
    serve_place_open(&p, "");
    keep(&p, 4711, "ann@example.org");
    keep(&p, 4712, ".zoe@example.org");
    const uid_t own = p.serve.ident.uid;
    const struct {
        uid_t uid;
        bool ann, zoe;
    } rows[] = { { 4711, true, false },
                 { 4712, false, true },
                 { 4713, false, false },
                 { 0, true, true },
                 { own, true, true } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int json = 0; json < 2; json++) {
            const char *text = list(&p, rows[i].uid, json);
            check_form(text);
            assert_int_equal(strstr(text, "ann@example.org") != NULL, rows[i].ann);
            assert_int_equal(strstr(text, "zoe@example.org") != NULL, rows[i].zoe);
        }
    buf_done(&written);
    serve_place_close(&p);
}

static void test_empty(void **state)
{
    struct serve_place p;
    (void)state;
    serve_place_open(&p, "");
    const char *text = list(&p, 4711, false);
    check_form(text);
    assert_non_null(strstr(text, "Mail queue is empty\r\n"));
    buf_done(&written);
    serve_place_close(&p);
}

/* Whoever asked has gone; the parent's configuration stays whole. */
static void test_gone(void **state)
{
    struct serve_place p;
    ERR e = { 0 };
    struct dialogue d = { .ops = &fails };
    (void)state;
    serve_place_open(&p, "");
    assert_int_equal(serve_queue(&d, &p.serve, 4711, false, &e), -1);
    assert_int_equal(e.kind, ERR_CLOSED);
    assert_int_equal(p.serve.config.n_accounts, 1);
    serve_place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whose),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
