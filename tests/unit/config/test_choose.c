#include "config/config.h"

#include "config_fixture.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config load(struct fixture *f)
{
    fixture_write(f->system,
                  "[account sys]\nhost = s\nmatch = *@sys.example\n[account sysdef]\nhost = s\n"
                  "default = yes\n",
                  0644);
    fixture_write(f->user,
                  "[account one]\nhost = u\n[account two]\nhost = u\n"
                  "match = *@two.example, three.example\n[account three]\nhost = u\n"
                  "match = *@THREE.example\n",
                  0644);
    return fixture_loaded(f);
}

static void test_order(void **state)
{
    static const struct {
        const char *name, *sender, *from, *want;
    } rows[] = {
        { "one", "x@two.example", NULL, "one" },
        { NULL, "x@two.example", "x@sys.example", "two" },
        { NULL, "x@other.example", "x@sys.example", "sys" },
        { NULL, "x@SYS.example", NULL, "sys" },
        { NULL, "x@three.example", NULL, "two" },
        { NULL, "", "x@two.example", "two" },
        { NULL, "not an address", NULL, "sysdef" },
        { NULL, NULL, NULL, "sysdef" },
    };
    struct fixture f;
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    c = load(&f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ERR e = { 0 };
        const struct account *got = NULL;
        int done = config_choose(&c, rows[i].name, rows[i].sender, rows[i].from, &got, &e);
        if (done < 0)
            fail_msg("%s", e.text);
        assert_string_equal(got->name, rows[i].want);
    }
    config_done(&c);
    fixture_done(&f);
}

static void test_first(void **state)
{
    struct fixture f;
    struct config c = { 0 };
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[account s]\nhost = s\n", 0644);
    c = fixture_loaded(&f);
    fixture_chosen(&c, "s");
    config_done(&c);
    fixture_write(f.user, "[account u]\nhost = s\n[account v]\nhost = s\n", 0644);
    c = fixture_loaded(&f);
    fixture_chosen(&c, "u");
    config_done(&c);
    fixture_done(&f);
}

static void test_unknown(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    const struct account *got = NULL;
    (void)state;
    fixture_init(&f);
    c = load(&f);
    assert_int_equal(config_choose(&c, "four", NULL, NULL, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(e.text, "there is no account \"four\"; write one of one, two, three, sys, "
                                "sysdef");
    assert_null(got);
    config_done(&c);
    fixture_done(&f);
}

static void test_none(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    const struct account *got = NULL;
    (void)state;
    fixture_init(&f);
    c = fixture_loaded(&f);
    assert_int_equal(config_choose(&c, "x", NULL, NULL, &got, &e), -1);
    assert_int_equal(e.kind, ERR_CONFIG);
    assert_string_equal(e.text, "no configuration");
    assert_non_null(strstr(e.hint, "postbag help config"));
    assert_non_null(strstr(e.hint, "POSTBAG_URL="));
    assert_non_null(strstr(e.hint, f.user));
    config_done(&c);
    fixture_write(f.user, "[log]\n", 0644);
    c = fixture_loaded(&f);
    assert_int_equal(config_choose(&c, NULL, NULL, NULL, &got, &e), -1);
    assert_non_null(strstr(e.text, "config: no account; write an [account NAME] section"));
    config_done(&c);
    fixture_done(&f);
}

/* Tried as nobody: root may read everything. */
static void test_denied(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    const struct account *got = NULL;
    (void)state;
    fixture_init(&f);
    fixture_write(f.system, "[account s]\nhost = s\n", 0);
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(chmod(f.root, 0711) + seteuid(65534), 0);
    int done = fixture_load(&f, &c, &e);
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(done, 0);
    assert_int_equal(config_choose(&c, NULL, NULL, NULL, &got, &e), -1);
    assert_int_equal(e.kind, ERR_PERMISSION);
    assert_non_null(strstr(e.text, "postbag.conf: this user may not read it"));
    config_done(&c);
    fixture_done(&f);
}

static void test_sets(void **state)
{
    struct fixture f;
    ERR e = { 0 };
    struct config c = { 0 };
    const struct account *got = NULL;
    (void)state;
    fixture_init(&f);
    c = load(&f);
    strlist_add(&c.arena, &c.sets, "maildomain=example.com");
    assert_int_equal(config_choose(&c, "two", NULL, NULL, &got, &e), 0);
    assert_string_equal(got->mail.maildomain, "example.com");
    assert_null(c.accounts[0].mail.maildomain);
    config_done(&c);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order), cmocka_unit_test(test_first),  cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_none),  cmocka_unit_test(test_denied), cmocka_unit_test(test_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
