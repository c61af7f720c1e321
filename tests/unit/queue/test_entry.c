#include "queue/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST "postbag-queue 1 660D7EA44165A55DBFE\n"
#define STATE "state - - 0 00000 0000000000 0000000000000 0000000000000 .D\n"
#define REST                                                                                  \
    "created 1795330324829786\nuid 1000\naccount example\nconfig /etc/a b.conf\n"             \
    "set exit_status=reply\nset timeout=5\nflags 8bit utf8-sender utf8-header qp\n"           \
    "message-id <1@example.com>\nnonce 0123456789abcdef\n"                                    \
    "header-size 14\nbody-size 5000000000\n"                                                  \
    "sender me@example.com\nnotify 6\nret 2\nenvid abc def\nto 0 - bob@example.com\nas bob\n" \
    "to 1 u \xc3\xa4@example.com\n\n"
static const char full[] = FIRST STATE REST;

static const char least[] =
    FIRST "state - - 0 00000 0000000000 0000000000000 0000000000000 .\n"
          "created 0\nuid 0\naccount a\nheader-size 0\nbody-size 0\nsender \nto 0 - b\n\n";

static void test_every_key(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF again = { 0 };
    struct entry entry;
    assert_int_equal(entry_parse(&a, SPAN(FIRST STATE REST), &entry, &e), 1);
    assert_string_equal(entry.id.text, "660D7EA44165A55DBFE");
    assert_int_equal(entry.created_us, 1795330324829786);
    assert_int_equal(entry.uid, 1000);
    assert_string_equal(entry.route.config, "/etc/a b.conf");
    assert_int_equal(entry.route.sets.n, 2);
    assert_string_equal(entry.route.sets.items[1], "timeout=5");
    assert_true(entry.eight_bit && entry.utf8_addresses && entry.qp_allowed);
    assert_true(entry.envelope.sender_utf8);
    assert_string_equal(entry.message_id, "<1@example.com>");
    assert_string_equal(entry.nonce, "0123456789abcdef");
    assert_int_equal(entry.body_size, 5000000000);
    assert_int_equal(entry.message_at, sizeof full - 1);
    assert_int_equal(entry.envelope.dsn_notify, DSN_NOTIFY_SUCCESS | DSN_NOTIFY_FAILURE);
    assert_int_equal(entry.envelope.dsn_return, DSN_RETURN_FULL);
    assert_string_equal(entry.envelope.envid, "abc def");
    assert_int_equal(entry.envelope.n_rcpts, 2);
    assert_string_equal(entry.envelope.rcpts[0].original, "bob");
    assert_string_equal(entry.envelope.rcpts[1].original, entry.envelope.rcpts[1].wire);
    assert_true(entry.envelope.rcpts[1].utf8);
    assert_int_equal(entry.envelope.rcpts[1].dsn_notify, DSN_NOTIFY_NEVER);
    assert_int_equal(entry.state.marks[1], MARK_DELIVERED);
    assert_int_equal(entry_print(&entry, &again, &e), 0);
    assert_string_equal(buf_string(&again), full);
}

static void test_fewest_keys(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF again = { 0 };
    struct entry entry;
    assert_int_equal(entry_parse(&a, span_of(least), &entry, &e), 1);
    assert_string_equal(entry.envelope.sender, "");
    assert_string_equal(entry.message_id, "");
    assert_null(entry.route.config);
    assert_null(entry.envelope.envid);
    assert_null(entry.nonce);
    assert_int_equal(entry_print(&entry, &again, &e), 0);
    assert_string_equal(buf_string(&again), least);
}

/* Every beginning of it wants more, and what stands behind it does not matter. */
static void test_piece_by_piece(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct entry entry;
    for (size_t len = 0; len < sizeof full - 1; len++)
        assert_int_equal(entry_parse(&a, (struct span){ full, len }, &entry, &e), 0);
    BUF more = { 0 };
    buf_add_string(&more, full);
    buf_add(&more, "\0\n\nrest\xff", 8);
    assert_int_equal(entry_parse(&a, buf_span(&more), &entry, &e), 1);
    assert_int_equal(entry.message_at, sizeof full - 1);
}

/* What one line is replaced by, and what comes of it: 1 or the kind of error. */
static const struct {
    const char *line, *instead;
    enum err_kind kind; /* ERR_NONE: accepted */
} rows[] = {
    { FIRST, "postbag-queue 2 660D7EA44165A55DBFE\n", ERR_UNAVAILABLE },
    { FIRST, "postbag-queue 10 660D7EA44165A55DBF\n", ERR_UNAVAILABLE },
    { FIRST, "postbag-queue 0 660D7EA44165A55DBFE\n", ERR_DATA },
    { FIRST, "postbag-queue x 660D7EA44165A55DBFE\n", ERR_DATA },
    { FIRST, "postbag-quark 1 660D7EA44165A55DBFE\n", ERR_DATA },
    { FIRST, "postbag-queue 1 660d7EA44165A55DBFE\n", ERR_DATA },
    { FIRST, "postbag-queue 1 660D7EA44165A55DBFE\r\n", ERR_DATA },
    { FIRST, "From me@example.com Sun Nov 22 06:59:02\n", ERR_DATA },
    { STATE, "state - - 0 00000 0000000000 0000000000000 0000000000000 .\n", ERR_DATA },
    { STATE, "state - - 0 00000 0000000000 0000000000000 0000000000000 .DF\n", ERR_DATA },
    { STATE, "", ERR_DATA },
    { "uid 1000\n", "uid 1000\nuid 1000\n", ERR_DATA },
    { "uid 1000\n", "", ERR_DATA },
    { "uid 1000\n", "uid\n", ERR_DATA },
    { "uid 1000\n", "uid \n", ERR_DATA },
    { "uid 1000\n", "uid -1\n", ERR_DATA },
    { "uid 1000\n", "uid 4294967296\n", ERR_DATA },
    { "uid 1000\n", "uid 1000\r\n", ERR_DATA },
    { "uid 1000\n", "uid 1000\nfuture thing\n", ERR_NONE },
    { "uid 1000\n", "uid 1000\nfuture\n", ERR_NONE },
    { "uid 1000\n", "uid 1000\nfuture th\x01ng\n", ERR_DATA },
    { "created 1795330324829786\n", "", ERR_DATA },
    { "created 1795330324829786\n", "created 9999999999999999999\n", ERR_DATA },
    { "account example\n", "", ERR_DATA },
    { "account example\n", "account \n", ERR_DATA },
    { "header-size 14\n", "", ERR_DATA },
    { "header-size 14\n", "header-size 67108865\n", ERR_DATA },
    { "body-size 5000000000\n", "", ERR_DATA },
    { "body-size 5000000000\n", "body-size 18446744073709551615\n", ERR_DATA },
    { "sender me@example.com\n", "", ERR_DATA },
    { "sender me@example.com\n", "sender \n", ERR_NONE },
    { "flags 8bit utf8-sender", "flags new qp", ERR_NONE },
    { "notify 6\n", "notify 16\n", ERR_DATA },
    { "ret 2\n", "ret 3\n", ERR_DATA },
    { "to 0 - bob@example.com\nas bob\n", "", ERR_DATA },
    { "as bob\n", "as bob\nas rob\n", ERR_DATA },
    { "notify 6\n", "notify 6\nas bob\n", ERR_DATA },
    { "to 0 - bob", "to 0 x bob", ERR_DATA },
    { "to 0 - bob", "to 16 - bob", ERR_DATA },
    { "to 0 - bob", "to - bob", ERR_DATA },
    { "to 0 - bob@example.com", "to 0 - ", ERR_DATA },
    { "to 0 - bob@example.com", "to 0 -", ERR_DATA },
    { "to 0 - bob@example.com", "to 0 - \"a b\"@example.com", ERR_NONE },
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        BUF head = { 0 };
        struct entry entry;
        const char *at = strstr(full, rows[i].line);
        assert_non_null(at);
        buf_add(&head, full, (size_t)(at - full));
        buf_add_string(&head, rows[i].instead);
        buf_add_string(&head, at + strlen(rows[i].line));
        int done = entry_parse(&a, buf_span(&head), &entry, &e);
        if (done != (rows[i].kind ? -1 : 1) || e.kind != rows[i].kind)
            fail_msg("%s: %d, %s", rows[i].instead, done, e.text);
    }
}

static void test_no_octet_crashes_it(void **state)
{
    (void)state;
    char head[sizeof full];
    memcpy(head, full, sizeof full);
    for (size_t at = 0; at < sizeof full - 1; at++) {
        for (int octet = 0; octet < 256; octet += octet % 16 == 15 ? 17 : 1) {
            ARENA a = { 0 };
            ERR e = { 0 };
            struct entry entry;
            head[at] = (char)octet;
            int done = entry_parse(&a, (struct span){ head, sizeof full - 1 }, &entry, &e);
            assert_true(done < 0 || !e.text);
        }
        head[at] = full[at];
    }
}

static struct entry whole(struct arena *a)
{
    ERR e = { 0 };
    struct entry entry;
    assert_int_equal(entry_parse(a, SPAN(FIRST STATE REST), &entry, &e), 1);
    return entry;
}

static void test_values_that_cannot_stand_in_a_line(void **state)
{
    (void)state;
    ARENA a = { 0 };
    static const char *const evil[] = { "a\nb", "a\rb", "\x01", "a\x7f" };
    for (size_t i = 0; i < 4; i++) {
        for (int place = 0; place < 7; place++) {
            ERR e = { 0 };
            BUF out = { 0 };
            struct entry entry = whole(&a);
            const char **places[] = { &entry.route.account,
                                      &entry.route.config,
                                      &entry.route.sets.items[0],
                                      &entry.envelope.sender,
                                      &entry.envelope.envid,
                                      &entry.envelope.rcpts[1].wire,
                                      &entry.envelope.rcpts[0].original };
            *places[place] = evil[i];
            buf_add_string(&out, "before");
            assert_int_equal(entry_print(&entry, &out, &e), -1);
            assert_int_equal(e.kind, ERR_DATA);
            assert_string_equal(buf_string(&out), "before");
        }
    }
}

static void test_no_recipient_is_no_entry(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    BUF out = { 0 };
    struct entry entry = whole(&a);
    entry.envelope.n_rcpts = entry.state.n = 0;
    assert_int_equal(entry_print(&entry, &out, &e), -1);
    assert_int_equal(e.kind, ERR_DATA);
}

static void test_of_a_message(void **state)
{
    (void)state;
    ARENA a = { 0 };
    ERR e = { 0 };
    struct rcpt rcpt = { .wire = "b@c", .original = "b@c" };
    struct envelope envelope = { .sender = "", .rcpts = &rcpt, .n_rcpts = 1 };
    struct route route = { .account = "x" };
    struct stored stored = { .eight_bit = true, .message_id = "<a\tb>" };
    buf_add_string(&stored.header, "A: b\r\n\r\n");
    assert_int_equal(body_add(&stored.body, SPAN("12345"), &e), 0);
    struct entry entry = entry_of(&a, &route, &envelope, &stored);
    assert_int_equal(entry.header_size, 8);
    assert_int_equal(entry.body_size, 5);
    assert_true(entry.eight_bit && !entry.qp_allowed);
    assert_string_equal(entry.message_id, "");
    assert_string_equal(entry.id.text, "");
    assert_true(entry.created_us > 1000000000000000);
    assert_int_equal(state_count(&entry.state, MARK_TODO), 1);
    stored_done(&stored);
}

static void test_end(void **state)
{
    (void)state;
    BUF end = { 0 };
    entry_print_end(0x1090, 0x422ac1f0, &end);
    assert_string_equal(buf_string(&end), "END 0000000000001090 422AC1F0\n");
    assert_int_equal(end.len, ENTRY_END_SIZE);
    assert_true(entry_is_end(buf_span(&end), 0x1090, 0x422ac1f0));
    assert_false(entry_is_end(buf_span(&end), 0x1091, 0x422ac1f0));
    assert_false(entry_is_end(buf_span(&end), 0x1090, 0x422ac1f1));
    assert_false(entry_is_end((struct span){ end.at, end.len - 1 }, 0x1090, 0x422ac1f0));
}

static const char *const sets[] = { "a=1", "b=2", "c=3" };
static const struct {
    struct route a, b;
    bool equal;
} routes[] = {
    { { NULL, "x", { 0 } }, { NULL, "x", { 0 } }, true },
    { { NULL, "x", { 0 } }, { NULL, "y", { 0 } }, false },
    { { "/c", "x", { 0 } }, { "/c", "x", { 0 } }, true },
    { { "/c", "x", { 0 } }, { NULL, "x", { 0 } }, false },
    { { NULL, "x", { 0 } }, { "/c", "x", { 0 } }, false },
    { { NULL, "x", { (const char **)(uintptr_t)sets, 2, 2 } },
      { NULL, "x", { (const char **)(uintptr_t)sets, 2, 2 } },
      true },
    { { NULL, "x", { (const char **)(uintptr_t)sets, 2, 2 } },
      { NULL, "x", { (const char **)(uintptr_t)sets, 3, 3 } },
      false },
    { { NULL, "x", { (const char **)(uintptr_t)sets, 2, 2 } },
      { NULL, "x", { (const char **)(uintptr_t)(sets + 1), 2, 2 } },
      false },
};

static void test_routes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        assert_int_equal(route_equals(&routes[i].a, &routes[i].b), routes[i].equal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_fewest_keys),
        cmocka_unit_test(test_piece_by_piece),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_no_octet_crashes_it),
        cmocka_unit_test(test_values_that_cannot_stand_in_a_line),
        cmocka_unit_test(test_no_recipient_is_no_entry),
        cmocka_unit_test(test_of_a_message),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
