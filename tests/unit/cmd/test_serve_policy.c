#include "cmd/serve_policy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

/* A user of no group that the system knows. */
static struct serve_user make_user(const struct serve_opts *opts, const struct ident *ident)
{
    return (
        struct serve_user){ opts, ident, { .uid = 4711, .gid = 4711, .pid = 1, .known = true } };
}

static const struct ident joe = { .uid = 4711, .login = "joe", .gecos = "", .host = "host" };

static void test_users(void **state)
{
    static const struct {
        const char *users; /* blanks between */
        bool allowed;
    } rows[] = {
        { "", true },        { "joe", true },          { "4711", true },  { "ann joe", true },
        { "ann", false },    { "0 471 47110", false }, { "JOE", false },  { "@daemon", false },
        { "@none-", false }, { "jo joes", false },     { "04711", true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct serve_opts opts = { 0 };
        struct span rest = span_of(rows[i].users), word;
        while (span_word(&rest, &word))
            strlist_add(&a, &opts.users, arena_string(&a, word));
        struct serve_user user = make_user(&opts, &joe);
        bool allowed = serve_allows_user(&user, &e) == 0;
        if (allowed != rows[i].allowed)
            fail_msg("\"%s\"", rows[i].users);
        if (!allowed)
            assert_string_equal(e.text, "550 5.7.1 User joe may not send here");
    }
}

/* The kernel says which group a process has, whatever the system's tables say of its user. */
static void test_group_of_the_process(void **state)
{
    ARENA a = { 0 };
    ERR e = { 0 };
    struct serve_opts opts = { 0 };
    (void)state;
    strlist_add(&a, &opts.users, "@daemon");
    struct serve_user user = make_user(&opts, &joe);
    user.peer.gid = 1;
    assert_int_equal(serve_allows_user(&user, &e), 0);
    user.peer.pid = 0; /* TCP: the group is not known, only made up */
    assert_int_equal(serve_allows_user(&user, &e), -1);
}

static void test_senders(void **state)
{
    static const struct {
        const char *rules, *sender;
        bool allowed;
    } rows[] = {
        { "", "any@example.org", true },
        { "", "", true },
        { "ann:*@example.org", "any@example.net", true }, /* nothing is said of joe */
        { "joe:*@example.org", "any@example.org", true },
        { "joe:*@example.org", "any@example.net", false },
        { "joe:*@example.org", "", false },
        { "joe:example.org joe:x@example.net", "x@example.net", true },
        { "joe:example.org joe:x@example.net", "y@example.net", false },
        { "*:example.org", "x@example.net", false },
        { "4711:example.org", "x@EXAMPLE.ORG", true },
        { "joe:example.org", "\"x@example.org\"@example.net", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ARENA a = { 0 };
        ERR e = { 0 };
        struct serve_opts opts = { 0 };
        struct span rest = span_of(rows[i].rules), word;
        while (span_word(&rest, &word))
            strlist_add(&a, &opts.senders, arena_string(&a, word));
        struct serve_user user = make_user(&opts, &joe);
        if ((serve_allows_sender(&user, rows[i].sender, &e) == 0) != rows[i].allowed)
            fail_msg("\"%s\" %s", rows[i].rules, rows[i].sender);
        if (!rows[i].allowed)
            assert_int_equal(e.code, 550);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_group_of_the_process),
        cmocka_unit_test(test_senders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
