#include "queue/bounce.h"

#include "queue/commit.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- whether ---- */

static void test_target(void **state)
{
    static const struct {
        const char *sender, *policy, *want;
    } rows[] = {
        { "me@example.com", "sender", "me@example.com" },
        { "me@example.com", "admin@example.com", "admin@example.com" },
        { "me@example.com", "none", NULL },
        { "", "sender", NULL },
        { "", "admin@example.com", NULL }, /* never a bounce of a bounce */
        { "", "none", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct entry entry = { .envelope = { .sender = rows[i].sender } };
        const char *got = bounce_target(&entry, rows[i].policy);
        if (rows[i].want)
            assert_string_equal(got, rows[i].want);
        else
            assert_null(got);
    }
}

static void test_wanted(void **state)
{
    enum { NEVER = DSN_NOTIFY_NEVER, FAILURE = DSN_NOTIFY_FAILURE, DELAY = DSN_NOTIFY_DELAY };
    static const struct {
        unsigned own, all;
        bool failed, delayed;
    } rows[] = {
        { 0, 0, true, true },
        { 0, NEVER, false, false },
        { NEVER, FAILURE, false, false },
        { FAILURE, NEVER, true, false },
        { 0, DELAY, false, true },
        { DELAY | FAILURE, 0, true, true },
        { DSN_NOTIFY_SUCCESS, 0, false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcpt rcpt = { .dsn_notify = rows[i].own };
        const struct entry entry = {
            .envelope = { .rcpts = &rcpt, .n_rcpts = 1, .dsn_notify = rows[i].all }
        };
        assert_int_equal(bounce_is_wanted(&entry, 0, BOUNCE_FAILED), rows[i].failed);
        assert_int_equal(bounce_is_wanted(&entry, 0, BOUNCE_DELAYED), rows[i].delayed);
    }
}

static void test_too_large(void **state)
{
    static const struct {
        uint64_t header, body;
        bool want;
    } rows[] = {
        { 100, 100, false },
        { 100, BOUNCE_FULL_MAX - 100, false },
        { 100, BOUNCE_FULL_MAX - 99, true },
        { BOUNCE_FULL_MAX + 1, 0, true },
        { 100, UINT64_MAX, true },
        { UINT64_MAX, UINT64_MAX, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct entry entry = { .header_size = rows[i].header, .body_size = rows[i].body };
        assert_int_equal(bounce_is_too_large(&entry), rows[i].want);
    }
}

/* ---- making one ---- */

struct fixture {
    struct scratch scratch;
    struct spool spool;
    struct item item;
    struct account account;
    struct bounce_facts facts;
    struct verdict verdicts[2];
    struct arena arena;
};

static void keep(struct fixture *f, size_t size)
{
    ERR e = { 0 };
    struct stored stored = scratch_stored(size);
    struct entry entry = scratch_entry(&f->scratch, &stored);
    assert_int_equal(spool_commit(&f->spool, &entry, &stored, FOLDER_NEW, &e), 1);
    assert_int_equal(item_open(&f->spool, FOLDER_NEW, &entry.id, false, &f->item, &e), ITEM_OPEN);
    stored_done(&stored);
}

static int set_up(void **state)
{
    struct fixture *f = mem_new(1, sizeof *f);
    scratch_open(&f->scratch);
    f->spool = scratch_spool(&f->scratch);
    f->facts = (struct bounce_facts){ .account = &f->account,
                                      .host = "host.example.org",
                                      .to = "me@example.com",
                                      .now = 1795000000 };
    for (size_t i = 0; i < 2; i++)
        (void)err_set(&f->verdicts[i].err, ERR_NOUSER, "no such user");
    keep(f, 1000);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < 2; i++)
        verdict_done(&f->verdicts[i]);
    item_close(&f->item);
    spool_close(&f->spool);
    scratch_remove(&f->scratch);
    arena_done(&f->arena);
    free(f);
    return 0;
}

static struct bounce make(struct fixture *f, bool first, bool second)
{
    ERR e = { 0 };
    struct bounce made;
    const bool about[] = { first, second };
    if (bounce_make(&f->arena, &f->item, &f->facts, about, f->verdicts, &made, &e) < 0)
        fail_msg("%s", e.text);
    return made;
}

/* The whole of it. */
static struct buf octets_of(const struct stored *s)
{
    ERR e = { 0 };
    struct buf all = { 0 };
    struct body_piece piece = { 0 };
    buf_add_span(&all, buf_span(&s->header));
    for (uint64_t at = 0; body_next(&s->body, at, 65536, &piece, &e) > 0; at += piece.octets.len)
        buf_add_span(&all, piece.octets);
    body_piece_done(&piece);
    return all;
}

static void check_has(const struct stored *s, const char *words, bool has)
{
    CLEANUP(buf_done) struct buf all = octets_of(s);
    if ((strstr(buf_string(&all), words) != NULL) != has)
        fail_msg("\"%s\" is %sin: %s", words, has ? "not " : "", buf_string(&all));
}

static void test_envelope_and_flags(void **state)
{
    struct fixture *f = *state;
    struct bounce b = make(f, true, true);
    assert_string_equal(b.envelope.sender, "");
    assert_int_equal(b.envelope.n_rcpts, 1);
    assert_string_equal(b.envelope.rcpts[0].wire, "me@example.com");
    assert_int_equal(b.envelope.rcpts[0].dsn_notify, DSN_NOTIFY_NEVER);
    assert_true(b.whole);
    assert_true(b.stored.eight_bit); /* as the original */
    assert_false(b.stored.qp_allowed);
    assert_false(b.stored.utf8_addresses);
    check_has(&b.stored, "From: Mail Delivery System <me@example.com>\r\nTo: me@example.com\r\n",
              true);
    check_has(&b.stored, "Auto-Submitted: auto-replied\r\n", true);
    check_has(&b.stored, "References: <1@example.com>\r\n", true);
    check_has(&b.stored, b.stored.message_id, true);
    check_has(&b.stored, "Final-Recipient: rfc822; eve@example.org\r\n", true);
    stored_done(&b.stored);
}

static void test_sender(void **state)
{
    static const struct {
        const char *from, *want;
    } rows[] = {
        { "Bob <acct@example.net>", "From: Mail Delivery System <acct@example.net>\r\n" },
        { "nobody", "From: Mail Delivery System <me@example.com>\r\n" },
        { "a@b, c@d", "From: Mail Delivery System <me@example.com>\r\n" },
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f->account.mail.from = rows[i].from;
        struct bounce b = make(f, true, true);
        check_has(&b.stored, rows[i].want, true);
        stored_done(&b.stored);
    }
    f->facts.account = NULL;
    f->item.entry.envelope.sender = "a@@b";
    struct bounce b = make(f, true, true);
    check_has(&b.stored, "<MAILER-DAEMON@host.example.org>\r\n", true);
    stored_done(&b.stored);
}

/* Made twice it is one; for others it is another. */
static void test_the_same_again(void **state)
{
    struct fixture *f = *state;
    struct bounce a = make(f, true, false), again = make(f, true, false), b = make(f, false, true);
    f->facts.action = BOUNCE_DELAYED;
    struct bounce late = make(f, true, false);
    CLEANUP(buf_done) struct buf first = octets_of(&a.stored), second = octets_of(&again.stored);
    assert_true(span_eq(buf_span(&first), buf_span(&second)));
    assert_string_equal(a.id.text, again.id.text);
    assert_string_not_equal(a.id.text, b.id.text);
    assert_string_not_equal(a.id.text, late.id.text);
    assert_string_not_equal(a.id.text, f->item.entry.id.text);
    check_has(&a.stored, "eve", false);
    check_has(&b.stored, "bob", false);
    stored_done(&a.stored);
    stored_done(&again.stored);
    stored_done(&b.stored);
    stored_done(&late.stored);
}

static void test_is_kept_once(void **state)
{
    struct fixture *f = *state;
    ERR e = { 0 };
    for (int want = 1; want >= 0; want--) {
        struct bounce b = make(f, true, true);
        struct entry entry = entry_of(&f->arena, &f->item.entry.route, &b.envelope, &b.stored);
        entry.id = b.id;
        assert_int_equal(spool_commit(&f->spool, &entry, &b.stored, FOLDER_NEW, &e), want);
        assert_null(bounce_target(&entry, "sender"));
        stored_done(&b.stored);
    }
}

static void test_header_alone(void **state)
{
    struct fixture *f = *state;
    f->item.entry.envelope.dsn_return = DSN_RETURN_HDRS;
    struct bounce b = make(f, true, true);
    assert_false(b.whole);
    assert_false(b.stored.eight_bit); /* what was 8bit is the body */
    check_has(&b.stored, "Content-Type: text/rfc822-headers\r\n", true);
    check_has(&b.stored, "Subject: test\r\nFrom: me@example.com\r\n\r\n--=_", true);
    stored_done(&b.stored);
}

static void test_large(void **state)
{
    struct fixture *f = *state;
    item_close(&f->item);
    keep(f, BOUNCE_FULL_MAX / 2);
    struct bounce b = make(f, true, true);
    assert_true(b.whole);
    assert_true(b.stored.body.size > BOUNCE_FULL_MAX / 2);
    stored_done(&b.stored);
    item_close(&f->item);
    keep(f, BOUNCE_FULL_MAX);
    b = make(f, true, true);
    assert_false(b.whole);
    assert_true(b.stored.body.size < 4096);
    stored_done(&b.stored);
}

static int make_fails(struct fixture *f, struct err *e)
{
    struct bounce made;
    const bool about[] = { true, true };
    return bounce_make(&f->arena, &f->item, &f->facts, about, f->verdicts, &made, e);
}

static void test_nobody_to_tell(void **state)
{
    static const char *const nobody[] = { "", "a b@c", "a@b\r\nX: 1", "a@b, c@d" };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        ERR e = { 0 };
        f->facts.to = nobody[i];
        assert_int_equal(make_fails(f, &e), -1);
        assert_int_equal(e.kind, ERR_DATA);
    }
}

/* The file is cut short under it. */
static void test_the_original_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    ERR e = { 0 }, later = { 0 };
    assert_int_equal(ftruncate(f->item.fd, (off_t)(f->item.entry.message_at + 60)), 0);
    assert_int_equal(make_fails(f, &e), -1);
    assert_int_equal(e.kind, ERR_TEMPORARY);
    assert_int_equal(ftruncate(f->item.fd, 60), 0);
    assert_int_equal(make_fails(f, &later), -1);
    assert_int_equal(later.kind, ERR_TEMPORARY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_too_large),
        TEST(test_envelope_and_flags),
        TEST(test_sender),
        TEST(test_the_same_again),
        TEST(test_is_kept_once),
        TEST(test_header_alone),
        TEST(test_large),
        TEST(test_nobody_to_tell),
        TEST(test_the_original_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
